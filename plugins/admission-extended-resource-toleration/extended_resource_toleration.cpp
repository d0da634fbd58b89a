// Lets pods onto the nodes that are kept for those that ask for an extended resource.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lists.h>

#include <set>

using namespace cleat;
using core_v1::Pod;
using core_v1::Toleration;

namespace {

constexpr const char* kExists = "Exists";
constexpr const char* kNoSchedule = "NoSchedule";

// A resource that is none of Kubernetes' own: "example.com/gpu".
bool isExtended(std::string_view resource) {
  return resource.contains('/') && !resource.contains("kubernetes.io/") && !resource.starts_with("requests.");
}

std::set<std::string> extendedResources(core_v1::PodSpec::Reader spec) {
  std::set<std::string> found;
  for (auto containers : {spec.getContainers(), spec.getInitContainers()}) {
    for (auto container : containers) {
      for (auto request : container.getResources().getRequests()) {
        if (isExtended(view(request.getKey()))) found.insert(str(request.getKey()));
      }
    }
  }
  return found;
}

bool isForTaintOf(Toleration::Reader toleration, std::string_view resource) {
  return view(toleration.getKey()) == resource && view(toleration.getOperator()) == kExists &&
         view(toleration.getEffect()) == kNoSchedule && toleration.getValue().size() == 0;
}

bool tolerates(core_v1::PodSpec::Reader spec, std::string_view resource) {
  for (auto toleration : spec.getTolerations()) {
    if (isForTaintOf(toleration, resource)) return true;
  }
  return false;
}

class ExtendedResourceToleration : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {{.resource = "pods", .operations = {role::Operation::CREATE, role::Operation::UPDATE}, .mutates = true}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    const Object<Pod> asked = request.object<Pod>();
    std::set<std::string> missing = extendedResources(asked->getSpec());
    std::erase_if(missing, [&](const std::string& resource) { return tolerates(asked->getSpec(), resource); });
    if (missing.empty()) co_return Result<void>();
    Draft<Pod> pod(asked);
    auto spec = pod->getSpec();
    uint32_t at = spec.getTolerations().size();
    spec.adoptTolerations(
        extended<Toleration>(spec.disownTolerations(), orphanageOf(spec), static_cast<uint32_t>(missing.size())));
    for (const std::string& resource : missing) {
      auto toleration = spec.getTolerations()[at++];
      toleration.setKey(resource);
      toleration.setOperator(kExists);
      toleration.setEffect(kNoSchedule);
    }
    request.replace(std::move(pod));
    co_return Result<void>();
  }
};

}  // namespace

CLEAT_PLUGIN(ExtendedResourceToleration, .name = "admission-extended-resource-toleration", .version = "0.1.0",
             .maturity = "beta", .roles = "admission");
