// Has a say in where the scheduler puts pods: one with the annotation `my-plugin/needs: NAME` goes only to nodes with
// the label of that name, and of several nodes the one with the highest number in its label `my-plugin/rank` is best.
#include <cleat/schema/role/scheduler_extension.interface.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/scheduler_extension.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace {

using namespace cleat;
using core_v1::Node;

class MyPlugin : public SchedulerExtensionPlugin {
 public:
  using SchedulerExtensionPlugin::SchedulerExtensionPlugin;

  // What to be asked; `reserves` would let it take something for a pod before that is bound.
  ExtensionPoints points() override { return {.judges = true}; }

  // Once for pods that are the same, about all nodes. The scheduler has left out those that are not for them anyway.
  Task<Result<void>> judge(PodGroup& group) override {
    const std::string needed(annotation(group.pod().meta(), "my-plugin/needs").value_or(""));
    group.why(concat("had no label ", needed));
    group.eachCandidate([&](uint32_t number, const Object<Node>& node) {
      auto labels = node.meta().getLabels();
      if (!needed.empty() && !lookup(labels, needed)) return group.refuse(number);
      const auto rank = parseInteger<int64_t>(lookup(labels, "my-plugin/rank").value_or(""));
      group.score(number, std::clamp<int64_t>(rank.value_or(0), 0, 100));
    });
    co_return {};
  }
};

}  // namespace

CLEAT_PLUGIN(MyPlugin, .name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "scheduler-extension");
CLEAT_BRINGS(cleat::role::schedulerExtension);
