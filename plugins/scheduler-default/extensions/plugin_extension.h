// An extension that is a plugin of the role scheduler-extension, in this process or in one of its own. It is told which
// nodes there are, and what of them has changed since, along with the questions.
#pragma once

#include <cleat/schema/role/scheduler_extension.methods.h>
#include <cleat/sdk/fillers.h>

#include <set>

#include "extensions/extension.h"

namespace cleat::scheduling {

class PluginExtension final : public Extension {
 public:
  PluginExtension(Context& context, ExtensionSettings settings, const ClusterState& state);

  bool concerns(const PodClass& podClass) const override;
  void nodeChanged(NodeIndex node) override {
    if (table_ != 0) changed_.insert(node);
  }
  Task<Result<std::vector<ExtensionSaid>>> judge(std::vector<ExtensionQuestion> questions) override;

  bool reserves() const override { return points_ && points_->reserves; }
  Task<std::vector<Result<void>>> reserve(std::vector<ExtensionPlacement> placements) override;
  Task<void> unreserve(std::vector<ExtensionPlacement> placements) override;
  bool prepares() const override { return points_ && (points_->permits || points_->preBinds); }
  Task<Result<void>> permit(ExtensionPlacement placement) override;
  Task<Result<void>> preBind(ExtensionPlacement placement) override;
  Task<void> postBind(ExtensionPlacement placement) override;

 private:
  struct Points {
    bool judges = false, reserves = false, permits = false, preBinds = false, postBinds = false;
    std::set<std::string, std::less<>> resources;
  };
  using Verdicts = Method<role::PlacementsParams, role::VerdictsResults>;
  using Said = Result<std::vector<ExtensionSaid>>;

  Task<Result<void>> describe();
  Task<Result<Answer<role::JudgeResults>>> ask(const std::vector<ExtensionQuestion>& questions, size_t nodes);
  Said read(role::JudgeResults::Reader results, const std::vector<ExtensionQuestion>& questions, size_t nodes) const;
  // What is said of placements; an error of all of them where nothing is.
  Task<std::vector<Result<void>>> verdicts(Verdicts method, std::vector<ExtensionPlacement> placements, Duration limit);
  Task<void> tell(Method<role::PlacementsParams, void> method, std::vector<ExtensionPlacement> placements);
  Status fault(std::string_view what) const;
  void forgetTable() {
    table_ = 0;
    changed_.clear();
  }

  const ClusterState& state_;
  Fillers fillers_{context_};
  std::optional<Points> points_;  // nothing: it is to be asked again
  uint64_t table_ = 0;            // the numbering that it knows; 0: none
  uint64_t nextTable_;
  std::set<NodeIndex> changed_;
};

}  // namespace cleat::scheduling
