#include "core/app/server_place.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/app/installation.h"
#include "core/base/log.h"

namespace cleat::app {
namespace {

struct ServerList {
  std::string key, role;  // "admission.chain", "admission"
  std::vector<std::string>& names;
};

std::vector<ServerList> openLists(base::Config& config) {
  std::vector<ServerList> lists = {{"kinds.enabled", "kinds", config.kinds.enabled},
                                   {"authz.chain", "authorizer", config.authz.chain},
                                   {"authn.chain", "authenticator", config.authn.chain},
                                   {"admission.chain", "admission", config.admission.chain},
                                   {"controllers.enabled", "controller", config.controllers.enabled},
                                   {"schedulers.enabled", "scheduler", config.schedulers.enabled},
                                   {"audit.sinks", "audit", config.audit.sinks}};
  for (auto& [role, names] : config.roles) lists.push_back({concat("roles.", role), role, names});
  return lists;
}

}  // namespace

Result<void> ServerPlace::enterSafeMode(base::Config& config) const {
  const std::string& engine = config.store.engine;
  if (!config.store.isBuiltIn() && !isOurs(config.pluginFile(engine, pluginFolder()))) {
    return fail(Status::badRequest(
        concat(config.placeOf("store.engine", engine), "store.engine: safe mode: plugin ", engine,
               " was not installed with the program, and cannot be left out, because it keeps the store: start without "
               "--safe-mode, or move what it keeps by `cleat db move --to sqlite`")));
  }
  for (const std::string& name : leaveOthersOut(config, {})) {
    base::log(base::LogLevel::warn, "app", "safe mode: plugin " + name + " is left out");
  }
  return {};
}

std::map<std::string, std::string> ServerPlace::listsOf(const base::Config& config) const {
  std::map<std::string, std::string> lists;
  base::Config opened = config;
  for (const ServerList& list : openLists(opened)) lists.emplace(list.key, tomlList(list.names));
  return lists;
}

Result<void> ServerPlace::enlist(base::Config& config, const std::string& name,
                                 const std::vector<std::string>& roles) const {
  if (config.audit.policy.empty() && roles == std::vector<std::string>{"audit"}) {
    return fail(
        Status::badRequest(concat("nothing was changed: plugin ", name, " keeps an audit log, and there is none ",
                                  "without audit.policy, which takes a restart of the program")));
  }
  config.takenOut.erase(name);
  for (const std::string& role : roles) {
    bool known = false;
    for (ServerList& list : openLists(config)) {
      if (list.role != role) continue;
      known = true;
      if (!isListed(list.names, name)) list.names.push_back(name);
    }
    if (!known) config.roles[role].push_back(name);
  }
  return {};
}

Result<void> ServerPlace::takeOut(base::Config& config, const std::string& name) const {
  const bool hadSinks = !config.audit.sinks.empty();
  for (const ServerList& list : openLists(config)) std::erase(list.names, name);
  if (!config.audit.policy.empty() && config.audit.mode == "strict" && config.audit.sinks.empty() && hadSinks) {
    return fail(Status::badRequest(concat("nothing was changed: plugin ", name,
                                          " alone keeps the audit log, without which no request may be (audit.mode = "
                                          "\"strict\"): load another first")));
  }
  // What the configuration says of how it is asked counts again when it comes back.
  config.takenOut.insert(name);
  return {};
}

std::vector<std::string> ServerPlace::leaveOthersOut(base::Config& config, const std::set<std::string>& but) const {
  std::vector<std::string> left;
  eraseOthersOfRoles(config, but, config.roles, left);
  for (ServerList& list : openLists(config)) eraseOthers(config, but, list.names, left);
  for (const std::string& name : left) {
    config.authn.entries.erase(name);
    config.authz.entries.erase(name);
    config.admission.entries.erase(name);
  }
  return left;
}

std::string ServerPlace::needsStart(const base::Config& before, const base::Config& now) const {
  if (!(before.server == now.server)) return "[server]";
  if (!(before.store == now.store)) return "[store]";
  if (before.authn.anonymous != now.authn.anonymous) return "authn.anonymous";
  if (before.authn.anonymousPaths != now.authn.anonymousPaths) return "authn.anonymous_paths";
  if (before.audit.policy != now.audit.policy) return "audit.policy";
  if (!now.audit.policy.empty() && before.audit.mode != now.audit.mode) return "audit.mode";
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first && a.second.saysTheSame(b.second); };
  if (!std::ranges::equal(before.admission.entries, now.admission.entries, same)) return "[admission.NAME]";
  return otherThanAtStart(before, now);
}

}  // namespace cleat::app
