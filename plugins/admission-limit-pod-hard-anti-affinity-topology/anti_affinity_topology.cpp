// Lets no pod keep others off more than its own node.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>

using namespace cleat;
using core_v1::Pod;

namespace {

constexpr std::string_view kHostname = "kubernetes.io/hostname";

class LimitPodHardAntiAffinityTopology : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {{.resource = "pods", .operations = {role::Operation::CREATE, role::Operation::UPDATE}, .validates = true}};
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    const Object<Pod> pod = request.object<Pod>();
    auto antiAffinity = pod->getSpec().getAffinity().getPodAntiAffinity();
    for (auto term : antiAffinity.getRequiredDuringSchedulingIgnoredDuringExecution()) {
      const std::string_view key = view(term.getTopologyKey());
      if (key == kHostname) continue;
      co_return request.forbid(concat("affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ", key,
                                      " but only key ", kHostname, " is allowed"));
    }
    co_return Result<void>();
  }
};

}  // namespace

CLEAT_PLUGIN(LimitPodHardAntiAffinityTopology, .name = "admission-limit-pod-hard-anti-affinity-topology",
             .version = "0.1.0", .maturity = "beta", .roles = "admission");
