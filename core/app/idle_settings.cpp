#include "core/app/idle_settings.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <filesystem>

#include "core/app/attach/rights.h"
#include "core/app/installation.h"
#include "core/app/plugin_plan.h"
#include "core/base/did_you_mean.h"
#include "core/host/loading/signature.h"

namespace cleat::app {
namespace {

bool isThere(const std::string& file) {
  std::error_code error;
  return std::filesystem::exists(file, error);
}

// How a plugin would be confined that is not, and what it would see that is not there.
void addIdleConfinement(const base::Config& config, const std::string& name, std::vector<std::string>& warnings) {
  const host::PluginSpec spec = pluginSpec(config, name);
  const std::string table = concat("plugins.", name, ".");
  for (const char* key : {"memory_limit", "cpu_limit", "pids_limit", "network_access", "visible_files"}) {
    if (spec.confinement || !config.places.contains(table + key)) continue;
    warnings.push_back(concat(config.placeOf(table + key), table, key, ": counts for nothing, since the plugin runs ",
                              spec.isolated ? "unconfined" : "in the server's own process",
                              "; isolation = \"process\" confines it"));
  }
  for (const std::string& file : config.plugins.tables.at(name).visibleFiles) {
    if (!spec.confinement || isThere(file)) continue;
    warnings.push_back(concat(config.placeOf(table + "visible_files"), table, "visible_files: ", file,
                              " does not exist, and the plugin sees nothing there"));
  }
}

void addIdleSignatures(const base::Config& config, std::vector<std::string>& warnings) {
  const auto& plugins = config.plugins;
  if (plugins.requireSignature && plugins.signatureKeys.empty()) {
    warnings.push_back(concat(config.placeOf("plugins.require_signature"),
                              "plugins.require_signature: plugins.signature_keys names no key, so no plugin from ",
                              "elsewhere is loaded"));
  }
  for (const std::string& key : plugins.signatureKeys) {
    if (auto good = host::checkPublicKey(key); !good) {
      warnings.push_back(concat(config.placeOf("plugins.signature_keys"),
                                "plugins.signature_keys: ", good.error().message, ": nothing is signed by it"));
    }
  }
}

// "pods", "pods/exec", "deployments.apps" and patterns of these.
bool isServed(const object::Catalogue& kinds, std::string_view group, std::string_view resource) {
  const size_t slash = resource.find('/');
  const std::string_view plural = resource.substr(0, slash);
  const std::string_view sub = slash == std::string_view::npos ? std::string_view() : resource.substr(slash + 1);
  return std::ranges::any_of(kinds.served(), [&](const object::KindRef& kind) {
    if ((group != "*" && group != kind->group) || (plural != "*" && plural != kind->plural)) return false;
    return sub.empty() || sub == "*" || kind->subresource(sub) != nullptr;
  });
}

std::string meantResource(const object::Catalogue& kinds, std::string_view group, std::string_view resource) {
  std::vector<std::string> names;
  for (const object::KindRef& kind : kinds.served()) {
    if (group == "*" || group == kind->group) names.push_back(kind->plural);
    // Who says the kind means its resource.
    if (kind->singular == resource || kind->name == resource)
      return concat("; did you mean ", inQuotes(kind->plural), "?");
  }
  return base::didYouMean(resource, names);
}

// Where a resource was probably meant that there is, or a verb; what is not known at all may come as a kind of users'
// own.
void addIdleGrants(const host::PluginHost& host, const object::Catalogue& kinds, std::vector<std::string>& warnings) {
  for (const host::PluginHealth& plugin : host.health()) {
    if (isOurs(plugin.file)) continue;
    for (const Right& right : rightsIn(plugin.grants)) {
      const std::string verb = base::didYouMean(right.verb, knownVerbs());
      if (!isListed(knownVerbs(), right.verb) && !verb.empty()) {
        warnings.push_back(concat("plugin ", plugin.name, " asks to be allowed to ", right.verb, " ", right.resource,
                                  ", and no request has that verb", verb));
      }
      const std::string meant = meantResource(kinds, right.group, right.resource);
      if (meant.empty() || right.resource == "*" || isServed(kinds, right.group, right.resource)) continue;
      warnings.push_back(concat("plugin ", plugin.name, " asks to be allowed to ", right.verb, " ",
                                inQuotes(right.resource), ", and no resource is called that", meant));
    }
  }
}

}  // namespace

std::vector<std::string> idleSettings(const base::Config& config) {
  std::vector<std::string> used, warnings;
  for (const auto& lists : {config.serverLists(), config.nodeLists()}) {
    for (const base::PluginList& list : lists) used.insert(used.end(), list.names.begin(), list.names.end());
  }
  for (const auto& [name, table] : config.plugins.tables) {
    if (isListed(used, name)) {
      addIdleConfinement(config, name, warnings);
      continue;
    }
    warnings.push_back(concat(table.where, ": plugins.", name, ": no list names this plugin, so nothing of it is used",
                              base::didYouMean(name, used)));
  }
  addIdleSignatures(config, warnings);
  return warnings;
}

std::vector<std::string> idleInterests(const base::Config& config, const host::PluginHost& host,
                                       const object::Catalogue& kinds) {
  std::vector<std::string> warnings;
  for (const std::string& plugin : host.chain("admission")) {
    const Ref<const object::Message> wanted = host.interests(plugin);
    for (auto rule : wanted->root<role::Interests>().getRules()) {
      const std::string group = str(rule.getGroup()), resource = str(rule.getResource());
      if (isServed(kinds, group, resource)) continue;
      const std::string of = group.empty() || group == "*" ? std::string() : concat(" of the group ", group);
      warnings.push_back(concat(config.placeOf("admission.chain", plugin), "admission.chain: plugin ", plugin,
                                " wants to see ", inQuotes(resource), of, ", and no resource is called that",
                                meantResource(kinds, group, resource)));
    }
  }
  for (const auto& [plugin, entry] : config.admission.entries) {
    if (config.takenOut.contains(plugin)) continue;
    for (const std::string& pattern : entry.resources) {
      const size_t slash = pattern.find('/'), dot = pattern.substr(0, slash).find('.');
      std::string resource = pattern.substr(0, std::min(dot, slash));
      if (slash != std::string::npos) resource += pattern.substr(slash);
      const std::string group = dot == std::string::npos
                                    ? "*"
                                    : pattern.substr(dot + 1, slash == std::string::npos ? slash : slash - dot - 1);
      if (isServed(kinds, group, resource)) continue;
      warnings.push_back(concat(config.placeOf(concat("admission.", plugin, ".match.resources")), "admission.", plugin,
                                ".match.resources: ", inQuotes(pattern), ": no resource is called that",
                                meantResource(kinds, group, resource)));
    }
  }
  addIdleGrants(host, kinds, warnings);
  return warnings;
}

}  // namespace cleat::app
