// Makes every container of a pod pull its image anew.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>

#include <set>

namespace {

using namespace cleat;
using core_v1::Pod;

// Calls visit(path, container) for each container of a pod, whatever it is for.
void eachContainer(auto spec, auto visit) {
  auto each = [&](const char* list, auto containers) {
    for (uint32_t i = 0; i < containers.size(); ++i) visit(concat("spec.", list, "[", i, "]"), containers[i]);
  };
  each("initContainers", spec.getInitContainers());
  each("containers", spec.getContainers());
  each("ephemeralContainers", spec.getEphemeralContainers());
}

class AlwaysPullImages : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {{.resource = "pods",
             .operations = {role::Operation::CREATE, role::Operation::UPDATE},
             .mutates = true,
             .validates = true}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    if (!bringsImages(request)) co_return {};
    Draft<Pod> pod(request.object<Pod>());
    eachContainer(pod->getSpec(), [](auto&&, auto container) { container.setImagePullPolicy("Always"); });
    request.replace(std::move(pod));
    co_return {};
  }

  // Another plugin of the chain may have set something else since.
  Task<Result<void>> validate(AdmissionRequest& request) override {
    if (!bringsImages(request)) co_return {};
    std::string wrong;
    eachContainer(request.object<Pod>()->getSpec(), [&](const std::string& path, auto container) {
      if (!wrong.empty() || view(container.getImagePullPolicy()) == "Always") return;
      wrong = concat(path, ".imagePullPolicy: Unsupported value: \"", container.getImagePullPolicy(),
                     "\": supported values: \"Always\"");
    });
    if (wrong.empty()) co_return {};
    co_return request.forbid(wrong);
  }

 private:
  // An update without any is left alone: the pod may be older than this plugin, and its policy cannot change.
  static bool bringsImages(const AdmissionRequest& request) {
    const Object<Pod> now = request.object<Pod>();
    if (!now->hasSpec()) return false;
    const Object<Pod> old = request.old<Pod>();
    if (!old) return true;
    std::set<std::string> known;
    eachContainer(old->getSpec(), [&](auto&&, auto container) { known.insert(str(container.getImage())); });
    bool brings = false;
    eachContainer(now->getSpec(),
                  [&](auto&&, auto container) { brings |= !known.contains(str(container.getImage())); });
    return brings;
  }
};

}  // namespace

CLEAT_PLUGIN(AlwaysPullImages, .name = "admission-always-pull-images", .version = "0.1.0", .maturity = "stable",
             .roles = "admission");
