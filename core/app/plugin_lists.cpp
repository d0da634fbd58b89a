#include "core/app/plugin_lists.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/app/installation.h"
#include "core/base/log.h"

namespace cleat::app {
namespace {

bool stands(const std::string& name, const std::vector<std::string>& list) {
  return std::ranges::find(list, name) != list.end();
}

void eraseEntries(base::Config& config, const std::string& name) {
  config.authn.entries.erase(name);
  config.authz.entries.erase(name);
  config.admission.entries.erase(name);
}

// Out of a list those that were not installed with the program, which come into `left`.
void eraseOthers(const base::Config& config, std::vector<std::string>& list, std::vector<std::string>& left) {
  std::erase_if(list, [&](const std::string& name) {
    if (isOurs(config.pluginFile(name, pluginFolder()))) return false;
    if (!stands(name, left)) left.push_back(name);
    return true;
  });
}

}  // namespace

std::vector<ServerList> listsOf(base::Config& config) {
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

std::vector<std::string> listed(base::Config& config) {
  std::vector<std::string> all;
  for (const ServerList& list : listsOf(config)) all.insert(all.end(), list.names.begin(), list.names.end());
  return all;
}

void enlist(base::Config& config, const std::string& name, const std::vector<std::string>& roles) {
  config.takenOut.erase(name);
  for (const std::string& role : roles) {
    bool known = false;
    for (ServerList& list : listsOf(config)) {
      if (list.role != role) continue;
      known = true;
      if (!stands(name, list.names)) list.names.push_back(name);
    }
    if (!known) config.roles[role].push_back(name);
  }
}

std::vector<std::string> leaveOthersOut(base::Config& config) {
  std::vector<std::string> left;
  for (ServerList& list : listsOf(config)) eraseOthers(config, list.names, left);
  for (const std::string& name : left) eraseEntries(config, name);
  return left;
}

std::vector<std::string> leaveOthersOfNodeOut(base::Config& config) {
  std::vector<std::string> left;
  for (auto& [role, names] : config.nodeRoles) eraseOthers(config, names, left);
  for (std::string* name : {&config.runtime.plugin, &config.network.plugin, &config.agent.plugin}) {
    std::vector<std::string> one{*name};
    if (!name->empty()) eraseOthers(config, one, left);
    if (one.empty()) name->clear();
  }
  std::vector<std::string> proxy{config.proxy.plugin()};
  if (!config.proxy.mode.empty()) eraseOthers(config, proxy, left);
  if (proxy.empty()) config.proxy.mode.clear();
  return left;
}

Result<void> enterSafeMode(base::Config& config, bool besideNode) {
  const std::string& engine = config.store.engine;
  if (!config.store.isBuiltIn() && !isOurs(config.pluginFile(engine, pluginFolder()))) {
    return fail(Status::badRequest(
        concat(config.placeOf("store.engine", engine), "store.engine: safe mode: plugin ", engine,
               " was not installed with the program, and cannot be left out, because it keeps the store: start without "
               "--safe-mode, or move what it keeps by `cleat db move --to sqlite`")));
  }
  for (const std::string& name : leaveOthersOut(config)) {
    base::log(base::LogLevel::warn, "app", "safe mode: plugin " + name + " is left out");
  }
  if (!besideNode) return {};
  for (const std::string& name : leaveOthersOfNodeOut(config)) {
    base::log(base::LogLevel::warn, "app", "safe mode: plugin " + name + " is left out of the node");
  }
  return {};
}

}  // namespace cleat::app
