#include "core/app/plugin_plan.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/app/installation.h"
#include "core/base/did_you_mean.h"
#include "core/host/loading/grants.h"
#include "core/host/loading/manifest.h"

namespace cleat::app {
namespace {

namespace fs = std::filesystem;

bool contains(const std::vector<std::string>& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += concat(all.empty() ? "" : ", ", word);
  return all;
}

// The plugins that the folder has and the tables say something of.
std::vector<std::string> knownPlugins(const base::Config& config) {
  std::vector<std::string> names;
  std::error_code error;
  const std::string folder = config.plugins.dir.empty() ? pluginFolder() : config.plugins.dir;
  for (const auto& file : fs::directory_iterator(folder, error)) {
    if (file.path().extension() == ".so") names.push_back(file.path().stem().string());
  }
  for (const auto& [name, table] : config.plugins.tables) names.push_back(name);
  return names;
}

// A role that a list of its own gives; of all others [roles] says who fills them.
std::string listOf(const base::Config& config, const std::string& role) {
  for (const auto& lists : {config.serverLists(), config.nodeLists()}) {
    for (const base::PluginList& list : lists) {
      if (list.role == role) return list.key;
    }
  }
  return concat("roles.", role);
}

class Planner {
 public:
  explicit Planner(const base::Config& config) : config_(config) {}

  // The plugins of a list take its role.
  Result<void> take(const base::PluginList& list) {
    for (const std::string& name : list.names) {
      CLEAT_TRY(Planned * planned, find(list, name));
      if (!planned->manifest.fills(list.role)) {
        return wrong(list, name,
                     concat("does not fill the role ", list.role, "; it fills: ", joined(planned->manifest.roles),
                            planned->manifest.roles.empty() ? "" : elsewhere(planned->manifest)));
      }
      const bool all = list.role == "authenticator" || list.role == "authorizer";
      for (const std::string& role : all ? planned->manifest.roles : std::vector<std::string>{list.role}) {
        if (!contains(planned->spec.roles, role)) planned->spec.roles.push_back(role);
      }
      auto& chain = plan_.chains[list.role];
      if (!contains(chain, name)) chain.push_back(name);
    }
    return {};
  }

  // A plugin of a list that is to bring kinds alone, if it has any.
  Result<void> takeKinds(const base::PluginList& list) {
    for (const std::string& name : list.names) {
      CLEAT_TRY(Planned * planned, find(list, name));
      if (planned->manifest.fills("kinds")) planned->spec.roles = {"kinds"};
    }
    return {};
  }

  PluginPlan finish() {
    for (Planned& planned : order_) {
      if (planned.spec.roles.empty()) continue;
      std::string idle;
      for (const std::string& role : planned.manifest.roles) {
        if (!contains(planned.spec.roles, role)) idle += concat(idle.empty() ? "" : ", ", role);
      }
      if (!idle.empty() && warnsOfIdleRoles_) {
        plan_.warnings.push_back(concat(
            config_.placeOf(planned.key, planned.spec.name), planned.key, ": plugin ", planned.spec.name,
            " could fill ", idle, " too, and no list gives it that: ", listOf(config_, firstWord(idle)), " would"));
      }
      if (planned.key == "store.engine") {
        plan_.engine = std::move(planned.spec);
        continue;
      }
      (planned.key == "kinds.enabled" ? plan_.kinds : plan_.others).push_back(std::move(planned.spec));
    }
    return std::move(plan_);
  }

  void keepQuietOfIdleRoles() { warnsOfIdleRoles_ = false; }

 private:
  struct Planned {
    std::string key;  // of the first list that names it
    host::PluginSpec spec;
    host::Manifest manifest;
  };

  static std::string firstWord(const std::string& list) { return list.substr(0, list.find(',')); }

  std::unexpected<Status> wrong(const base::PluginList& list, const std::string& name, const std::string& why) const {
    return fail(Status::badRequest(concat(config_.placeOf(list.key, name), list.key, ": plugin ", name, " ", why)));
  }

  std::string elsewhere(const host::Manifest& manifest) const {
    return concat(" (", listOf(config_, manifest.roles.front()), ")");
  }

  Result<Planned*> find(const base::PluginList& list, const std::string& name) {
    auto known = std::ranges::find(order_, name, [](const Planned& planned) { return planned.spec.name; });
    if (known != order_.end()) return &*known;
    Planned planned{list.key, pluginSpec(config_, name), {}};
    std::error_code error;
    if (!fs::exists(planned.spec.file, error)) {
      return wrong(list, name,
                   concat("is not there: ", planned.spec.file, " does not exist",
                          base::didYouMean(name, knownPlugins(config_))));
    }
    auto manifest = host::readManifest(planned.spec.file);
    if (!manifest) return wrong(list, name, concat("cannot be loaded: ", manifest.error().message));
    if (manifest->name != name) {
      return wrong(list, name, concat("cannot be loaded: ", planned.spec.file, " is the plugin ", manifest->name));
    }
    if (planned.spec.grants) {
      if (auto left = host::narrowGrants(manifest->grants, *planned.spec.grants); !left) {
        return fail(Status::badRequest(
            concat(config_.plugins.tables.at(name).where, ": plugins.", name, ".grants: ", left.error().message)));
      }
    }
    planned.manifest = std::move(*manifest);
    order_.push_back(std::move(planned));
    return &order_.back();
  }

  const base::Config& config_;
  std::vector<Planned> order_;
  PluginPlan plan_;
  bool warnsOfIdleRoles_ = true;
};

// Which plugin's entry says nothing, because it is not asked.
template <class Entries>
Result<void> checkEntries(const Entries& entries, const std::string& section, const std::string& role,
                          const std::vector<std::string>& chain, const std::vector<host::PluginSpec>& specs) {
  for (const auto& [name, entry] : entries) {
    const bool asked = std::ranges::any_of(
        specs, [&](const host::PluginSpec& spec) { return spec.name == name && contains(spec.roles, role); });
    if (asked) continue;
    return fail(Status::badRequest(concat(entry.where, ": ", section, ".", name, ": no plugin of that name is in ",
                                          section, ".chain", base::didYouMean(name, chain))));
  }
  return {};
}

Result<void> checkAllEntries(const base::Config& config, const std::vector<host::PluginSpec>& specs) {
  CLEAT_TRY(checkEntries(config.authn.entries, "authn", "authenticator", config.authn.chain, specs));
  CLEAT_TRY(checkEntries(config.authz.entries, "authz", "authorizer", config.authz.chain, specs));
  // What the built-in configuration says of a plugin is not the operator's mistake where the chain goes without it.
  const base::Config ours = base::defaultConfig();
  auto said = config.admission.entries;
  for (const auto& [name, builtIn] : ours.admission.entries) {
    const auto entry = said.find(name);
    if (entry != said.end() && entry->second.saysTheSame(builtIn)) said.erase(entry);
  }
  return checkEntries(said, "admission", "admission", config.admission.chain, specs);
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

}  // namespace

Result<PluginPlan> planServer(const base::Config& config) {
  Planner planner(config);
  // Beside the others it would be one that anybody may call.
  if (auto named = config.roles.find("store-engine"); named != config.roles.end() && !named->second.empty()) {
    return fail(Status::badRequest(concat(config.placeOf("roles.store-engine", named->second.front()),
                                          "roles.store-engine: plugin ", named->second.front(),
                                          " keeps the store of a server that store.engine says it of, at its start")));
  }
  for (const base::PluginList& list : config.serverLists()) {
    CLEAT_TRY(planner.take(list));
  }
  PluginPlan plan = planner.finish();
  if (plan.engine && plan.engine->roles.size() > 1) {
    return fail(Status::badRequest(
        concat(config.placeOf("store.engine", plan.engine->name), "store.engine: plugin ", plan.engine->name,
               " keeps the store, and can be nothing else: it is also the ", plan.engine->roles[1], " of a list")));
  }
  CLEAT_TRY(checkAllEntries(config, plan.others));
  return plan;
}

Result<PluginPlan> planNode(const base::Config& config) {
  Planner planner(config);
  planner.keepQuietOfIdleRoles();
  CLEAT_TRY(planner.take({"kinds.enabled", "kinds", config.kinds.enabled}));
  // Some bring kinds beside their other roles: a node must know those too, to speak with the server about them.
  CLEAT_TRY(planner.takeKinds({"authn.chain", "authenticator", config.authn.chain}));
  for (const base::PluginList& list : config.nodeLists()) {
    CLEAT_TRY(planner.take(list));
  }
  return planner.finish();
}

host::AskPolicies askPoliciesOf(const base::Config& config) {
  host::AskPolicies policies;
  auto add = [&](const std::string& role, const std::map<std::string, base::DeciderEntry>& entries) {
    for (const auto& [plugin, entry] : entries) {
      policies[role].emplace(plugin, host::AskPolicy{entry.isPassedOver, std::chrono::nanoseconds(entry.timeout)});
    }
  };
  add("authenticator", config.authn.entries);
  add("authorizer", config.authz.entries);
  return policies;
}

std::vector<std::string> unusedTables(const base::Config& config) {
  std::vector<std::string> used, warnings;
  for (const auto& lists : {config.serverLists(), config.nodeLists()}) {
    for (const base::PluginList& list : lists) used.insert(used.end(), list.names.begin(), list.names.end());
  }
  for (const auto& [name, table] : config.plugins.tables) {
    if (contains(used, name)) continue;
    warnings.push_back(concat(table.where, ": plugins.", name, ": no list names this plugin, so nothing of it is used",
                              base::didYouMean(name, used)));
  }
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
      warnings.push_back(concat("plugin ", plugin, " wants to see ", inQuotes(resource), of,
                                ", and no resource is called that", meantResource(kinds, group, resource)));
    }
  }
  for (const auto& [plugin, entry] : config.admission.entries) {
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
  return warnings;
}

}  // namespace cleat::app
