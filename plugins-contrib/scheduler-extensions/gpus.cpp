// Gives pods GPUs: a node's label `example.com/gpus` says how many it has, and a pod's annotation of the same name how
// many it wants. A node without as many free ones is not for it, and what a pod was given is taken from before it is
// bound.
#include <cleat/schema/role/scheduler_extension.interface.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/scheduler_extension.h>
#include <cleat/sdk/text.h>

#include <map>

namespace {

using namespace cleat;
using core_v1::Node;
using core_v1::Pod;

constexpr const char* kGpus = "example.com/gpus";

uint32_t wantedBy(const Object<Pod>& pod) {
  return parseInteger<uint32_t>(annotation(pod.meta(), kGpus).value_or("")).value_or(0);
}

class Gpus : public SchedulerExtensionPlugin {
 public:
  using SchedulerExtensionPlugin::SchedulerExtensionPlugin;

  Task<Result<void>> start() override {
    pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) { seen(before, now); });
    co_await pods_.waitSynced();
    co_return Result<void>();
  }

  ExtensionPoints points() override { return {.judges = true, .reserves = true}; }

  Task<Result<void>> judge(PodGroup& group) override {
    const uint32_t wanted = wantedBy(group.pod());
    if (wanted == 0) co_return {};
    group.why(concat("had fewer than ", wanted, " free gpu(s)"));
    group.eachCandidate([&](uint32_t number, const Object<Node>& node) {
      const uint32_t free = freeOn(node);
      if (free < wanted) {
        group.refuse(number);
      } else {
        group.room(number, free / wanted);
      }
    });
    co_return {};
  }

  Task<Result<void>> reserve(const Placement& placement) override {
    const uint32_t wanted = wantedBy(placement.pod);
    if (wanted == 0) co_return {};
    for (const Object<Node>& node : nodes()) {
      if (!node || node.name() != placement.node) continue;
      if (freeOn(node) < wanted) break;
      take(placement.pod, placement.node, wanted);
      co_return {};
    }
    co_return fail(Status::forbidden(concat("node ", placement.node, " has no ", wanted, " free gpu(s) any more")));
  }

  Task<Result<void>> unreserve(const Placement& placement) override {
    giveBack(placement.pod.uid());
    co_return {};
  }

 private:
  struct Taken {
    std::string node;
    uint32_t gpus = 0;
  };

  void seen(const Object<Pod>& before, const Object<Pod>& now) {
    if (!now) return giveBack(before.uid());
    const std::string_view phase = view(now->getStatus().getPhase());
    if (phase == "Succeeded" || phase == "Failed") return giveBack(now.uid());
    const std::string_view node = view(now->getSpec().getNodeName());
    if (const uint32_t wanted = wantedBy(now); wanted > 0 && !node.empty()) take(now, node, wanted);
  }

  uint32_t freeOn(const Object<Node>& node) const {
    const uint32_t all = parseInteger<uint32_t>(lookup(node.meta().getLabels(), kGpus).value_or("")).value_or(0);
    auto used = used_.find(node.name());
    return used == used_.end() ? all : all - std::min(all, used->second);
  }
  void take(const Object<Pod>& pod, std::string_view node, uint32_t gpus) {
    giveBack(pod.uid());
    taken_.emplace(pod.uid(), Taken{std::string(node), gpus});
    used_[std::string(node)] += gpus;
  }
  void giveBack(std::string_view uid) {
    auto found = taken_.find(uid);
    if (found == taken_.end()) return;
    used_.find(found->second.node)->second -= found->second.gpus;
    taken_.erase(found);
  }

  Informer<Pod> pods_{context()};
  std::map<std::string, Taken, std::less<>> taken_;    // by uid
  std::map<std::string, uint32_t, std::less<>> used_;  // by node
};

}  // namespace

CLEAT_PLUGIN(Gpus, .name = "extension-gpus", .version = "1.0.0", .maturity = "alpha", .roles = "scheduler-extension",
             .grants = "- pods get,list,watch\n");
CLEAT_BRINGS(cleat::role::schedulerExtension);
