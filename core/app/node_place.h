// A node as a place of plugins: its runtime, network, agent and proxy, of which there is one each, [node_roles], and
// the kinds that it knows. A node has a runtime, a network and an agent at all times; and which runtime or network that
// is changes only while no pod hangs on the one that goes, which alone knows how to end it.
#pragma once

#include <functional>

#include "core/app/plugin_place.h"

namespace cleat::app {

class NodePlace final : public PluginPlace {
 public:
  // `countSandboxes`: how many pods the runtime has at present; may block.
  explicit NodePlace(std::function<Result<size_t>()> countSandboxes) : countSandboxes_(std::move(countSandboxes)) {}

  Result<PluginPlan> plan(const base::Config& config) const override { return planNode(config); }
  std::map<std::string, std::string> listsOf(const base::Config& config) const override;
  Result<void> enlist(base::Config& config, const std::string& name,
                      const std::vector<std::string>& roles) const override;
  // The same where another has a role that is one plugin's: it loses that.
  Result<void> putInPlace(base::Config& config, const std::string& name, const std::vector<std::string>& roles) const;
  Result<void> takeOut(base::Config& config, const std::string& name) const override;
  std::vector<std::string> leaveOthersOut(base::Config& config, const std::set<std::string>& but) const override;
  std::string needsStart(const base::Config& before, const base::Config& now) const override;
  Result<void> mayBecome(const base::Config& before, const base::Config& now) const override;
  // Kinds may have to stay; and two agents must not look after the same pods, nor two proxies write the same rules.
  bool leavesFirst(const host::PluginSpec& spec) const override {
    return isListed(spec.roles, "kinds") || isListed(spec.roles, "controller") || isListed(spec.roles, "proxy");
  }

 private:
  Result<void> mayChangeHands(const std::string& role, const std::string& from, const std::string& to) const;

  const std::function<Result<size_t>()> countSandboxes_;
};

}  // namespace cleat::app
