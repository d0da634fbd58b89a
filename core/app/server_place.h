// A server as a place of plugins: the chains of its requests, its controllers and schedulers, its kinds, [roles].
#pragma once

#include "core/app/plugin_place.h"

namespace cleat::app {

class ServerPlace final : public PluginPlace {
 public:
  // At a start: leaves the others out and says so in the log. Fails where one of them keeps the store, which cannot be.
  Result<void> enterSafeMode(base::Config& config) const;

  Result<PluginPlan> plan(const base::Config& config) const override { return planServer(config); }
  std::map<std::string, std::string> listsOf(const base::Config& config) const override;
  Result<void> enlist(base::Config& config, const std::string& name,
                      const std::vector<std::string>& roles) const override;
  Result<void> takeOut(base::Config& config, const std::string& name) const override;
  std::vector<std::string> leaveOthersOut(base::Config& config, const std::set<std::string>& but) const override;
  std::string needsStart(const base::Config& before, const base::Config& now) const override;
  // Which of its plugins it has is the operator's affair.
  Result<void> mayBecome(const base::Config&, const base::Config&) const override { return {}; }
  // Those that bring kinds may have to stay.
  bool leavesFirst(const host::PluginSpec& spec) const override { return isListed(spec.roles, "kinds"); }
};

}  // namespace cleat::app
