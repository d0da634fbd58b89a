// Lets pods stay for a while on a node that is not ready or out of reach.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lists.h>

using namespace cleat;
using core_v1::Pod;
using core_v1::Toleration;

namespace {

constexpr const char* kNotReady = "node.kubernetes.io/not-ready";
constexpr const char* kUnreachable = "node.kubernetes.io/unreachable";
constexpr const char* kNoExecute = "NoExecute";

// Whether a toleration of the pod is about being evicted for that taint, for however long.
bool speaksOf(core_v1::PodSpec::Reader spec, std::string_view taint) {
  for (auto one : spec.getTolerations()) {
    const std::string_view key = view(one.getKey()), effect = view(one.getEffect());
    if ((key.empty() || key == taint) && (effect.empty() || effect == kNoExecute)) return true;
  }
  return false;
}

class DefaultTolerationSeconds : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    notReadySeconds_ = config().integer("not_ready_seconds");
    unreachableSeconds_ = config().integer("unreachable_seconds");
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    return {{.resource = "pods", .operations = {role::Operation::CREATE, role::Operation::UPDATE}, .mutates = true}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    const Object<Pod> asked = request.object<Pod>();
    const bool notReady = !speaksOf(asked->getSpec(), kNotReady),
               unreachable = !speaksOf(asked->getSpec(), kUnreachable);
    if (!notReady && !unreachable) co_return Result<void>();
    Draft<Pod> pod(asked);
    if (notReady) add(pod->getSpec(), kNotReady, notReadySeconds_);
    if (unreachable) add(pod->getSpec(), kUnreachable, unreachableSeconds_);
    request.replace(std::move(pod));
    co_return Result<void>();
  }

 private:
  static void add(core_v1::PodSpec::Builder spec, const char* taint, int64_t seconds) {
    spec.adoptTolerations(extended<Toleration>(spec.disownTolerations(), orphanageOf(spec), 1));
    auto toleration = spec.getTolerations()[spec.getTolerations().size() - 1];
    toleration.setKey(taint);
    toleration.setOperator("Exists");
    toleration.setEffect(kNoExecute);
    toleration.initTolerationSeconds().setValue(seconds);
  }

  int64_t notReadySeconds_ = 0, unreachableSeconds_ = 0;
};

}  // namespace

CLEAT_PLUGIN(DefaultTolerationSeconds, .name = "admission-default-toleration-seconds", .version = "0.1.0",
             .maturity = "beta", .roles = "admission",
             .configSchema =
                 "not_ready_seconds int 300 # how long a pod stays on a node that is not ready\n"
                 "unreachable_seconds int 300 # how long a pod stays on a node that is out of reach\n");
