#include "core/app/plugin_plan.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/app/installation.h"
#include "core/base/did_you_mean.h"
#include "core/host/loading/grants.h"
#include "core/host/loading/manifest.h"
#include "core/host/loading/signature.h"

namespace cleat::app {
namespace {

namespace fs = std::filesystem;

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

// Where a plan is for.
enum class Place { server, node };

// A role that a list of its own gives, best of the place; of all others [roles] or [node_roles] says who fills them.
std::string listOf(const base::Config& config, const std::string& role, Place place) {
  std::vector<base::PluginList> lists = place == Place::server ? config.serverLists() : config.nodeLists();
  std::ranges::move(place == Place::server ? config.nodeLists() : config.serverLists(), std::back_inserter(lists));
  auto found = std::ranges::find(lists, role, &base::PluginList::role);
  if (found != lists.end()) return found->key;
  return concat(place == Place::server ? "roles." : "node_roles.", role);
}

class Planner {
 public:
  Planner(const base::Config& config, Place place) : config_(config), place_(place) {}

  // The plugins of a list take its role.
  Result<void> take(const base::PluginList& list) {
    for (const std::string& name : list.names) {
      CLEAT_TRY(Planned * planned, find(list, name));
      // What its file would fill is not known; the host looks when it has become one.
      if (!planned->isBroken && !planned->manifest.fills(list.role)) {
        return wrong(list, name,
                     concat("does not fill the role ", list.role, "; it fills: ", joined(planned->manifest.roles, ", "),
                            planned->manifest.roles.empty() ? "" : elsewhere(planned->manifest)));
      }
      const bool all = list.role == "authenticator" || list.role == "authorizer";
      for (const std::string& role :
           all && !planned->isBroken ? planned->manifest.roles : std::vector<std::string>{list.role}) {
        if (!isListed(planned->spec.roles, role)) planned->spec.roles.push_back(role);
      }
      auto& chain = plan_.chains[list.role];
      if (!isListed(chain, name)) chain.push_back(name);
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
        if (!isListed(planned.spec.roles, role) && !isElsewhere(planned, role)) {
          idle += concat(idle.empty() ? "" : ", ", role);
        }
      }
      if (!idle.empty()) {
        plan_.warnings.push_back(concat(config_.placeOf(planned.key, planned.spec.name), planned.key, ": plugin ",
                                        planned.spec.name, " could fill ", idle, " too, and no list gives it that: ",
                                        listOf(config_, firstWord(idle), place_), " would"));
      }
      if (planned.key == "store.engine") {
        plan_.engine = std::move(planned.spec);
        continue;
      }
      (planned.key == "kinds.enabled" ? plan_.kinds : plan_.others).push_back(std::move(planned.spec));
    }
    return std::move(plan_);
  }

  // A list without a plugin, of a role that nobody has heard of, says nothing; one with a plugin of another role is
  // refused as it is taken.
  void warnOfUnknownRoles(const std::string& section, const std::map<std::string, std::vector<std::string>>& lists) {
    const base::Config& builtIn = base::defaultConfig();
    std::vector<std::string> known;
    for (const auto& each : {builtIn.roles, builtIn.nodeRoles}) {
      for (const auto& [role, names] : each) known.push_back(role);
    }
    for (const Planned& planned : order_) {
      known.insert(known.end(), planned.manifest.roles.begin(), planned.manifest.roles.end());
    }
    for (const auto& [role, names] : lists) {
      if (!names.empty() || isListed(known, role)) continue;
      const std::string key = concat(section, ".", role);
      plan_.warnings.push_back(concat(config_.placeOf(key), key, ": it is empty, and no role is called that",
                                      base::didYouMean(role, known)));
    }
  }

 private:
  struct Planned {
    std::string key;  // of the first list that names it
    host::PluginSpec spec;
    host::Manifest manifest;
    bool isBroken = false;  // its file is none, at present: it is tried again while the server runs
  };

  static std::string firstWord(const std::string& list) { return list.substr(0, list.find(',')); }

  std::unexpected<Status> wrong(const base::PluginList& list, const std::string& name, const std::string& why) const {
    return fail(Status::badRequest(concat(config_.placeOf(list.key, name), list.key, ": plugin ", name, " ", why)));
  }

  std::string elsewhere(const host::Manifest& manifest) const {
    return concat(" (", listOf(config_, manifest.roles.front(), place_), ")");
  }

  // Given by a list of the other place; and a node leaves all but kinds to the server of whoever it knows for them.
  bool isElsewhere(const Planned& planned, const std::string& role) const {
    if (place_ == Place::node && (planned.key == "kinds.enabled" || planned.key == "authn.chain")) return true;
    return std::ranges::any_of(
        place_ == Place::server ? config_.nodeLists() : config_.serverLists(),
        [&](const base::PluginList& list) { return list.role == role && isListed(list.names, planned.spec.name); });
  }

  // What stands in its table instead of a path.
  std::string misspeltPath(const std::string& name) const {
    auto table = config_.plugins.tables.find(name);
    if (table == config_.plugins.tables.end() || !table->second.path.empty()) return {};
    for (const base::PluginSetting& setting : table->second.settings) {
      const std::string meant = base::didYouMean(setting.key, {"path"});
      if (!meant.empty()) return concat(" (", setting.where, ": plugins.", name, ".", setting.key, meant, ")");
    }
    return {};
  }

  Result<host::Manifest> manifestOf(const base::PluginList& list, const std::string& name,
                                    const std::string& file) const {
    std::error_code error;
    if (!fs::exists(file, error)) {
      return wrong(list, name,
                   concat("is not there: ", file, " does not exist", base::didYouMean(name, knownPlugins(config_)),
                          misspeltPath(name)));
    }
    auto manifest = host::readManifest(file);
    if (!manifest) return wrong(list, name, concat("cannot be loaded: ", manifest.error().message));
    return manifest;
  }

  // Of a server's plugins, which are tried again; the host looks before each start, and refuses what is no server's.
  void warnOfSignature(const base::PluginList& list, const std::string& name, const host::PluginSpec& spec) {
    if (place_ == Place::node || list.key == "store.engine" || !spec.signedBy) return;
    if (auto good = host::verifyPlugin(spec.file, *spec.signedBy); !good) {
      const Status why = wrong(list, name, concat("cannot be loaded: ", good.error().message)).error();
      plan_.warnings.push_back(concat(why.message, " (plugins.require_signature); it is tried again"));
    }
  }

  Result<Planned*> find(const base::PluginList& list, const std::string& name) {
    auto known = std::ranges::find(order_, name, [](const Planned& planned) { return planned.spec.name; });
    if (known != order_.end()) return &*known;
    Planned planned{list.key, pluginSpec(config_, name), {}};
    auto manifest = manifestOf(list, name, planned.spec.file);
    if (!manifest) {
      // What is missing of the program's own is no trouble of a vendor's that may pass; nor is there a server without
      // a store.
      if (place_ == Place::node || list.key == "store.engine" || isOurs(planned.spec.file))
        return fail(manifest.error());
      plan_.warnings.push_back(concat(manifest.error().message, "; it is tried again"));
      plan_.broken.emplace(name, manifest.error().message);
      planned.isBroken = true;
      order_.push_back(std::move(planned));
      return &order_.back();
    }
    if (manifest->name != name) {
      return wrong(list, name, concat("cannot be loaded: ", planned.spec.file, " is the plugin ", manifest->name));
    }
    if (planned.spec.grants) {
      if (auto left = host::narrowGrants(manifest->grants, *planned.spec.grants); !left) {
        return fail(Status::badRequest(concat(config_.placeOf(concat("plugins.", name, ".grants")), "plugins.", name,
                                              ".grants: ", left.error().message)));
      }
    }
    CLEAT_TRY(host::checkSettings(*manifest, planned.spec.settings));
    warnOfSignature(list, name, planned.spec);
    planned.manifest = std::move(*manifest);
    order_.push_back(std::move(planned));
    return &order_.back();
  }

  const base::Config& config_;
  const Place place_;
  std::vector<Planned> order_;
  PluginPlan plan_;
};

// Which plugin's entry says nothing, because it is not asked: a mistake, unless somebody has taken the plugin out.
template <class Entries>
Result<void> checkEntries(const base::Config& config, const Entries& entries, const std::string& section,
                          const std::string& role, const std::vector<std::string>& chain, PluginPlan& plan) {
  for (const auto& [name, entry] : entries) {
    const bool asked = std::ranges::any_of(
        plan.others, [&](const host::PluginSpec& spec) { return spec.name == name && isListed(spec.roles, role); });
    if (asked) continue;
    if (config.takenOut.contains(name)) {
      plan.warnings.push_back(concat(entry.where, ": ", section, ".", name, ": the plugin has been taken out of ",
                                     section, ".chain, so this counts for nothing until `cleat plugin enable ", name,
                                     "`"));
      continue;
    }
    return fail(Status::badRequest(concat(entry.where, ": ", section, ".", name, ": no plugin of that name is in ",
                                          section, ".chain", base::didYouMean(name, chain))));
  }
  return {};
}

Result<void> checkAllEntries(const base::Config& config, PluginPlan& plan) {
  CLEAT_TRY(checkEntries(config, config.authn.entries, "authn", "authenticator", config.authn.chain, plan));
  CLEAT_TRY(checkEntries(config, config.authz.entries, "authz", "authorizer", config.authz.chain, plan));
  // What the built-in configuration says of a plugin is not the operator's mistake where the chain goes without it.
  auto said = config.admission.entries;
  const auto& builtIn = base::defaultConfig().admission.entries;
  std::erase_if(said, [&](const auto& entry) {
    const auto ours = builtIn.find(entry.first);
    return ours != builtIn.end() && entry.second.saysTheSame(ours->second);
  });
  return checkEntries(config, said, "admission", "admission", config.admission.chain, plan);
}

}  // namespace

Result<PluginPlan> planServer(const base::Config& config) {
  Planner planner(config, Place::server);
  // Beside the others it would be one that anybody may call.
  if (auto named = config.roles.find("store-engine"); named != config.roles.end() && !named->second.empty()) {
    return fail(Status::badRequest(concat(config.placeOf("roles.store-engine", named->second.front()),
                                          "roles.store-engine: plugin ", named->second.front(),
                                          " keeps the store of a server that store.engine says it of, at its start")));
  }
  for (const base::PluginList& list : config.serverLists()) {
    CLEAT_TRY(planner.take(list));
  }
  planner.warnOfUnknownRoles("roles", config.roles);
  PluginPlan plan = planner.finish();
  if (plan.engine && plan.engine->roles.size() > 1) {
    return fail(Status::badRequest(
        concat(config.placeOf("store.engine", plan.engine->name), "store.engine: plugin ", plan.engine->name,
               " keeps the store, and can be nothing else: it is also the ", plan.engine->roles[1], " of a list")));
  }
  if (!config.audit.policy.empty() && config.audit.sinks.empty()) {
    plan.warnings.push_back(
        concat(config.placeOf("audit.sinks"), "audit.sinks: nobody keeps the audit log that audit.policy asks for"));
  }
  CLEAT_TRY(checkAllEntries(config, plan));
  return plan;
}

Result<PluginPlan> planNode(const base::Config& config) {
  Planner planner(config, Place::node);
  CLEAT_TRY(planner.take({"kinds.enabled", "kinds", config.kinds.enabled}));
  // Some bring kinds beside their other roles: a node must know those too, to speak with the server about them.
  CLEAT_TRY(planner.takeKinds({"authn.chain", "authenticator", config.authn.chain}));
  for (const base::PluginList& list : config.nodeLists()) {
    CLEAT_TRY(planner.take(list));
  }
  planner.warnOfUnknownRoles("node_roles", config.nodeRoles);
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

bool isListed(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool isListed(const std::vector<base::PluginList>& lists, std::string_view name) {
  return std::ranges::any_of(lists, [name](const base::PluginList& list) { return isListed(list.names, name); });
}

Result<host::Manifest> findManifest(const base::Config& config, const std::string& name) {
  const std::string file = config.pluginFile(name, pluginFolder());
  std::error_code error;
  if (fs::exists(file, error)) return host::readManifest(file);
  return fail(Status::badRequest(concat("there is no plugin ", name, ": ", file, " does not exist",
                                        base::didYouMean(name, knownPlugins(config)))));
}

}  // namespace cleat::app
