// Makes every container of a pod pull its image anew.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lists.h>

#include <set>

using namespace cleat;

namespace {

constexpr const char* kAlways = "Always";

// Calls visit(path, container) for each container of a pod's specification, whatever it is for.
template <class Spec, class F>
void eachContainer(Spec spec, F visit) {
  auto each = [&](const char* list, auto containers) {
    for (uint32_t i = 0; i < containers.size(); ++i) visit(concat("spec.", list, "[", i, "]"), containers[i]);
  };
  each("initContainers", spec.getInitContainers());
  each("containers", spec.getContainers());
  each("ephemeralContainers", spec.getEphemeralContainers());
}

// An update that brings no new image is left alone: the pod may be older than this plugin, and its policy cannot change.
bool bringsNoImage(const Object<core_v1::Pod>& now, const Object<core_v1::Pod>& old) {
  if (!old) return false;
  std::set<std::string> known;
  eachContainer(old->getSpec(), [&](const std::string&, auto container) { known.insert(str(container.getImage())); });
  bool fresh = false;
  eachContainer(now->getSpec(), [&](const std::string&, auto container) {
    fresh = fresh || !known.contains(str(container.getImage()));
  });
  return !fresh;
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
    const auto now = request.object<core_v1::Pod>();
    if (!now->hasSpec() || bringsNoImage(now, request.old<core_v1::Pod>())) co_return {};
    Draft<core_v1::Pod> pod(now);
    eachContainer(pod->getSpec(), [](const std::string&, auto container) { container.setImagePullPolicy(kAlways); });
    request.replace(std::move(pod));
    co_return {};
  }

  // Another plugin of the chain may have set something else since.
  Task<Result<void>> validate(AdmissionRequest& request) override {
    const auto now = request.object<core_v1::Pod>();
    if (bringsNoImage(now, request.old<core_v1::Pod>())) co_return {};
    std::string wrong;
    eachContainer(now->getSpec(), [&](const std::string& path, auto container) {
      if (!wrong.empty() || view(container.getImagePullPolicy()) == kAlways) return;
      wrong = concat(path, ".imagePullPolicy: Unsupported value: \"", container.getImagePullPolicy(),
                     "\": supported values: \"", kAlways, "\"");
    });
    if (wrong.empty()) co_return {};
    co_return request.forbid(wrong);
  }
};

}  // namespace

CLEAT_PLUGIN(AlwaysPullImages, .name = "admission-always-pull-images", .version = "0.1.0", .maturity = "stable",
             .roles = "admission");
