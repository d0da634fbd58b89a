// Keeps pods off a new node until it is known to be ready.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lists.h>

using namespace cleat;
using core_v1::Node;

namespace {

constexpr const char* kNotReady = "node.kubernetes.io/not-ready";
constexpr const char* kNoSchedule = "NoSchedule";

class TaintNodesByCondition : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {{.resource = "nodes", .operations = {role::Operation::CREATE}, .mutates = true}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    const Object<Node> asked = request.object<Node>();
    for (auto taint : asked->getSpec().getTaints()) {
      if (view(taint.getKey()) == kNotReady && view(taint.getEffect()) == kNoSchedule) co_return Result<void>();
    }
    Draft<Node> node(asked);
    auto spec = node->getSpec();
    spec.adoptTaints(extended<core_v1::Taint>(spec.disownTaints(), orphanageOf(spec), 1));
    auto taint = spec.getTaints()[spec.getTaints().size() - 1];
    taint.setKey(kNotReady);
    taint.setEffect(kNoSchedule);
    request.replace(std::move(node));
    co_return Result<void>();
  }
};

}  // namespace

CLEAT_PLUGIN(TaintNodesByCondition, .name = "admission-taint-nodes-by-condition", .version = "0.1.0",
             .maturity = "beta", .roles = "admission");
