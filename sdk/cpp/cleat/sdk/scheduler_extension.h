// SchedulerExtensionPlugin: a plugin that has a say in where a scheduler puts pods. It sees the nodes, is asked about
// many equal pods and all nodes at once, and says which nodes are for them and how good they are.
//
//   class NearTheData : public SchedulerExtensionPlugin {
//    public:
//     using SchedulerExtensionPlugin::SchedulerExtensionPlugin;
//     ExtensionPoints points() override { return {.judges = true}; }
//     Task<Result<void>> judge(PodGroup& group) override {
//       group.eachCandidate([&](uint32_t node, const Object<core_v1::Node>& object) {
//         if (!hasData(group.pod(), object)) group.refuse(node); else group.score(node, 100);
//       });
//       group.why("had no data");
//       co_return {};
//     }
//   };
//
// A scheduler asks whom its configuration names, with a deadline, and knows what to do about one that does not answer.
#pragma once

#include <cleat/schema/role/scheduler_extension.role.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/plugin.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cleat {

// What an extension wants to be asked; the functions of the same names are called then.
struct ExtensionPoints {
  bool judges = false, reserves = false, permits = false, preBinds = false, postBinds = false;
  std::vector<std::string> resources = {};  // only about pods that ask for one of these; none: about all
};

// Equal pods that are to be placed, and what is said of the nodes for them. At first every candidate is for them, and
// all are as good.
class PodGroup {
 public:
  using Nodes = std::vector<Object<core_v1::Node>>;
  PodGroup(Object<core_v1::Pod> pod, uint32_t pods, kj::ArrayPtr<const kj::byte> candidates,
           std::shared_ptr<const Nodes> nodes);

  const Object<core_v1::Pod>& pod() const { return pod_; }  // any of them
  uint32_t pods() const { return pods_; }
  // By number; nothing where a number is no node's.
  const Nodes& nodes() const { return *nodes_; }
  bool isCandidate(uint32_t node) const { return node < nodes_->size() && bit(allowed_, node); }
  // visit(number, node) for each node that is still a candidate.
  template <class Visit>
  void eachCandidate(Visit visit) {
    const Nodes& all = *nodes_;
    for (uint32_t node = 0; node < all.size(); ++node) {
      if (bit(allowed_, node) && all[node]) visit(node, all[node]);
    }
  }

  // No node is for them, whichever it is.
  void refuseAll(std::string_view why) { refusal_ = why; }
  void refuse(uint32_t node);
  // Why those are not that were refused, as it stands behind their number: "had too few gpus".
  void why(std::string_view reason) { reason_ = reason; }
  // 0 to 100.
  void score(uint32_t node, int64_t score);
  // How many of the pods the node takes.
  void room(uint32_t node, uint32_t pods);
  // By how many hundredths each of the pods that the node is given lowers its score, after the first `steady` of them,
  // which do not: so that many equal pods at once do not all go where one would be best.
  void worsens(uint32_t node, int64_t hundredths, int64_t steady = 0);
  // When it is worth asking again about pods that find no node because of this; else the scheduler has a time of its
  // own, and asks when a node changes or a pod goes.
  void askAgainAfter(Duration delay) { again_ = delay; }

  void write(role::JudgedVerdict::Builder verdict) const;

 private:
  static bool bit(const std::vector<uint8_t>& bits, uint32_t node) {
    return node / 8 < bits.size() && (bits[node / 8] >> node % 8 & 1) != 0;
  }
  Object<core_v1::Pod> pod_;
  uint32_t pods_;
  std::shared_ptr<const Nodes> nodes_;
  std::vector<uint8_t> allowed_;
  bool refusesSome_ = false;
  std::string refusal_, reason_;
  std::vector<uint8_t> scores_;
  std::vector<uint16_t> room_;
  std::vector<uint16_t> worse_, steady_;
  Duration again_{};
};

// A pod and the node that it is to be bound to.
struct Placement {
  Object<core_v1::Pod> pod;
  std::string node;
};

class SchedulerExtensionRole : private role::SchedulerExtensionRole {
 public:
  virtual ExtensionPoints points() = 0;
  // An error is a failure, about which the scheduler's configuration decides.
  virtual Task<Result<void>> judge(PodGroup& group);
  // For each pod that has been given a node, before it is bound. An error's message is why the pod may not be.
  virtual Task<Result<void>> reserve(const Placement& placement);
  virtual Task<Result<void>> unreserve(const Placement& placement);
  // May wait for as long as it was given.
  virtual Task<Result<void>> permit(const Placement& placement, Duration limit);
  virtual Task<Result<void>> preBind(const Placement& placement);
  virtual Task<Result<void>> postBind(const Placement& placement);
  // `nodes` has been brought up to date before a `judge`, and these numbers are other nodes' now, nobody's, or their
  // node has changed: for whoever keeps columns of their own. All numbers where the numbering is a new one.
  virtual void nodesChanged(const std::vector<uint32_t>&) {}

  // As the scheduler has numbered them.
  const PodGroup::Nodes& nodes() const { return *nodes_; }

 protected:
  void serveMethods(Context& context) { role::SchedulerExtensionRole::serveMethods(context); }

 private:
  using Placements = role::PlacementsParams::Reader;
  using Verdicts = Call<role::VerdictsResults>;
  Task<Result<void>> describe(Call<role::ExtensionDescription>& call) final;
  Task<Result<void>> judge(role::JudgeParams::Reader params, Call<role::JudgeResults>& call) final;
  Task<Result<void>> reserve(Placements params, Verdicts& call) final;
  Task<Result<void>> unreserve(Placements params, Call<void>& call) final;
  Task<Result<void>> permit(Placements params, Verdicts& call) final;
  Task<Result<void>> preBind(Placements params, Verdicts& call) final;
  Task<Result<void>> postBind(Placements params, Call<void>& call) final;
  bool takeNodes(role::JudgeParams::Reader params, const AnyCall& call);

  // Groups that are being judged keep those that they began with.
  std::shared_ptr<PodGroup::Nodes> nodes_ = std::make_shared<PodGroup::Nodes>();
  uint64_t table_ = 0;
};

class SchedulerExtensionPlugin : public Plugin, public SchedulerExtensionRole {
 public:
  using Plugin::Plugin;

 private:
  void serveRoles() final { SchedulerExtensionRole::serveMethods(context()); }
};

}  // namespace cleat
