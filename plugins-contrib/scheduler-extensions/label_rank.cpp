// Prefers nodes by a number that a label of theirs says, from 0 to 100.
#include <cleat/schema/role/scheduler_extension.interface.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/scheduler_extension.h>
#include <cleat/sdk/text.h>

namespace {

using namespace cleat;
using core_v1::Node;

class LabelRank : public SchedulerExtensionPlugin {
 public:
  using SchedulerExtensionPlugin::SchedulerExtensionPlugin;

  ExtensionPoints points() override { return {.judges = true}; }

  Task<Result<void>> judge(PodGroup& group) override {
    group.eachCandidate([&](uint32_t number, const Object<Node>& node) {
      const auto rank = parseInteger<int64_t>(lookup(node.meta().getLabels(), label_).value_or(""));
      if (rank) group.score(number, *rank);
    });
    co_return {};
  }

 private:
  const std::string label_ = config().string("label");
};

}  // namespace

CLEAT_PLUGIN(LabelRank, .name = "extension-label-rank", .version = "1.0.0", .maturity = "alpha",
             .roles = "scheduler-extension",
             .configSchema = "label string example.com/rank # what says how good a node is\n");
CLEAT_BRINGS(cleat::role::schedulerExtension);
