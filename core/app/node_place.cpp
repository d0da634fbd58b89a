#include "core/app/node_place.h"

#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::app {
namespace {

constexpr std::string_view kProxyPrefix = "proxy-";

// A role that one plugin of a node has.
struct Slot {
  std::string key, role, section;  // "runtime.plugin", "runtime", "[runtime] plugin"
  std::string value;               // of the key, to be written for the plugin in question
  std::string* holder;             // where it is written
};

// `plugin`: for whom the values are. Of a proxy what follows "proxy-" is written.
std::vector<Slot> slotsOf(base::Config& config, const std::string& plugin) {
  const std::string mode = plugin.starts_with(kProxyPrefix) ? plugin.substr(kProxyPrefix.size()) : std::string();
  return {{"runtime.plugin", "runtime", "[runtime] plugin", plugin, &config.runtime.plugin},
          {"network.plugin", "network", "[network] plugin", plugin, &config.network.plugin},
          {"agent.plugin", "controller", "[agent] plugin", plugin, &config.agent.plugin},
          {"proxy.mode", "proxy", "[proxy] mode", mode, &config.proxy.mode}};
}

std::vector<std::string> fillersOf(const base::Config& config, const std::string& role) {
  std::vector<std::string> fillers;
  for (const base::PluginList& list : config.nodeLists()) {
    if (list.role == role) fillers.insert(fillers.end(), list.names.begin(), list.names.end());
  }
  return fillers;
}

std::unexpected<Status> refused(const std::string& why) {
  return fail(Status::badRequest(concat("nothing was changed: ", why)));
}

Result<void> take(const Slot& slot, const std::string& name) {
  if (slot.role == "proxy" && slot.value.empty()) {
    return refused(concat("plugin ", name, " fills the role proxy, and a node's proxy is called proxy-MODE"));
  }
  if (slot.holder->empty()) *slot.holder = slot.value;
  if (*slot.holder == slot.value) return {};
  const std::string holder = slot.role == "proxy" ? concat(kProxyPrefix, *slot.holder) : *slot.holder;
  return refused(concat("the role ", slot.role, " is one plugin's on a node, and ", holder, " has it: ", slot.section,
                        " = ", inQuotes(slot.value), " in the configuration and `cleat reload` put ", name,
                        " in its place"));
}

}  // namespace

std::map<std::string, std::string> NodePlace::listsOf(const base::Config& config) const {
  base::Config opened = config;
  std::map<std::string, std::string> lists = {{"kinds.enabled", tomlList(config.kinds.enabled)}};
  for (const Slot& slot : slotsOf(opened, {})) lists.emplace(slot.key, inQuotes(*slot.holder));
  for (const auto& [role, names] : config.nodeRoles) lists.emplace(concat("node_roles.", role), tomlList(names));
  return lists;
}

Result<void> NodePlace::enlist(base::Config& config, const std::string& name,
                               const std::vector<std::string>& roles) const {
  for (const std::string& role : roles) {
    if (isListed(fillersOf(config, role), name)) continue;
    const std::vector<Slot> slots = slotsOf(config, name);
    auto slot = std::ranges::find(slots, role, &Slot::role);
    // The agent is a controller among those that a node may have besides.
    if (slot != slots.end() && role != "controller") {
      CLEAT_TRY(take(*slot, name));
      continue;
    }
    std::vector<std::string>& names = role == "kinds" ? config.kinds.enabled : config.nodeRoles[role];
    if (!isListed(names, name)) names.push_back(name);
  }
  return {};
}

Result<void> NodePlace::putInPlace(base::Config& config, const std::string& name,
                                   const std::vector<std::string>& roles) const {
  for (const Slot& slot : slotsOf(config, name)) {
    if (slot.role != "controller" && isListed(roles, slot.role)) slot.holder->clear();
  }
  return enlist(config, name, roles);
}

Result<void> NodePlace::takeOut(base::Config& config, const std::string& name) const {
  std::erase(config.kinds.enabled, name);
  for (auto& [role, names] : config.nodeRoles) std::erase(names, name);
  for (const Slot& slot : slotsOf(config, name)) {
    if (!slot.value.empty() && *slot.holder == slot.value) slot.holder->clear();
  }
  return {};
}

std::vector<std::string> NodePlace::leaveOthersOut(base::Config& config, const std::set<std::string>& but) const {
  std::vector<std::string> left;
  // Also of what is the server's, for the kinds that it brings.
  eraseOthers(config, but, config.kinds.enabled, left);
  eraseOthers(config, but, config.authn.chain, left);
  eraseOthersOfRoles(config, but, config.nodeRoles, left);
  for (const Slot& slot : slotsOf(config, {})) {
    if (slot.holder->empty()) continue;
    std::vector<std::string> one{slot.role == "proxy" ? config.proxy.plugin() : *slot.holder};
    eraseOthers(config, but, one, left);
    if (one.empty()) slot.holder->clear();
  }
  return left;
}

std::string NodePlace::needsStart(const base::Config& before, const base::Config& now) const {
  const base::Config::Server &had = before.server, &has = now.server;
  if (had.serviceCidr != has.serviceCidr) return "server.service_cidr";
  if (had.clusterCidr != has.clusterCidr) return "server.cluster_cidr";
  if (had.nodePortRange != has.nodePortRange) return "server.node_port_range";
  if (had.clusterDomain != has.clusterDomain) return "server.cluster_domain";
  if (before.agent.nodeName != now.agent.nodeName) return "agent.node_name";
  return otherThanAtStart(before, now);
}

Result<void> NodePlace::mayBecome(const base::Config& before, const base::Config& now) const {
  if (!before.agent.plugin.empty() && now.agent.plugin.empty()) {
    return refused(concat("plugin ", before.agent.plugin, " is the node's agent, without which nothing looks after ",
                          "what it runs: `cleat plugin swap` puts another version in its place"));
  }
  for (const std::string role : {"runtime", "network"}) {
    const std::vector<std::string> had = fillersOf(before, role), has = fillersOf(now, role);
    if (had.empty()) continue;
    if (has.empty()) {
      return refused(concat("plugin ", had.front(), " alone fills the role ", role, ", without which the node runs ",
                            "nothing: [", role, "] plugin = \"NAME\" in the configuration and `cleat reload` put ",
                            "another in its place, `cleat plugin swap` another version"));
    }
    if (had.front() != has.front()) CLEAT_TRY(mayChangeHands(role, had.front(), has.front()));
  }
  return {};
}

Result<void> NodePlace::mayChangeHands(const std::string& role, const std::string& from, const std::string& to) const {
  const Result<size_t> there = countSandboxes_();
  if (there && *there == 0) return {};
  const std::string found = there
                                ? concat("the node has ", *there, *there == 1 ? " sandbox" : " sandboxes", " of ", from)
                                : concat("what the node has of ", from, " is not known (", there.error().message, ")");
  return refused(concat("the role ", role, " cannot go to ", to, " now: ", found, ", and ", to,
                        " would know nothing of that; drain the node first (`kubectl drain`), or restart the program"));
}

}  // namespace cleat::app
