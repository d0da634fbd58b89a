// Makes every container of a pod pull its image anew.
#include <cleat/schema/role/admission.capnp.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/plugin.h>

#include <set>

using namespace cleat;

namespace {

constexpr uint16_t kInterests = 0;
constexpr uint16_t kMutate = 1;
constexpr uint16_t kValidate = 2;
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

Result<void> mutate(Call<role::AdmissionResults>& call) {
  const Object<core_v1::Pod> now = call.object<core_v1::Pod>(0);
  if (!now->hasSpec() || bringsNoImage(now, call.object<core_v1::Pod>(1))) return {};
  Draft<core_v1::Pod> pod(now);
  eachContainer(pod->getSpec(), [](const std::string&, auto container) { container.setImagePullPolicy(kAlways); });
  call.addObject(std::move(pod));
  return {};
}

// Another plugin of the chain may have set something else since.
Result<void> validate(role::AdmissionParams::Reader params, Call<role::AdmissionResults>& call) {
  const Object<core_v1::Pod> now = call.object<core_v1::Pod>(0);
  if (bringsNoImage(now, call.object<core_v1::Pod>(1))) return {};
  std::string wrong;
  eachContainer(now->getSpec(), [&](const std::string& path, auto container) {
    if (!wrong.empty() || view(container.getImagePullPolicy()) == kAlways) return;
    wrong = concat(path, ".imagePullPolicy: Unsupported value: \"", container.getImagePullPolicy(),
                   "\": supported values: \"", kAlways, "\"");
  });
  if (wrong.empty()) return {};
  const std::string name = str(params.getRef().getName());
  Status status = Status::forbidden(concat("pods \"", name, "\" is forbidden: ", wrong));
  status.details.kind = "pods";
  status.details.name = name;
  return call.denied(std::move(status));
}

class AlwaysPullImages : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    const uint64_t admission = capnp::typeId<role::Admission>();
    context().serve<void, role::Interests>(admission, kInterests, [](Call<role::Interests>& call) -> Result<void> {
      role::Rule::Builder rule = call.results().initRules(1)[0];
      rule.setResource("pods");
      rule.setMutates(true);
      rule.setValidates(true);
      auto operations = rule.initOperations(2);
      operations.set(0, role::Operation::CREATE);
      operations.set(1, role::Operation::UPDATE);
      return {};
    });
    context().serve<role::AdmissionParams, role::AdmissionResults>(
        admission, kMutate,
        [](role::AdmissionParams::Reader, Call<role::AdmissionResults>& call) { return mutate(call); });
    context().serve<role::AdmissionParams, role::AdmissionResults>(admission, kValidate, validate);
    co_return Result<void>();
  }
};

}  // namespace

CLEAT_PLUGIN(AlwaysPullImages, .name = "admission-always-pull-images", .version = "0.1.0", .maturity = "stable",
             .roles = "admission");
