// Makes every container of a pod pull its image anew.
#include <cleat/schema/role/admission.capnp.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/plugin.h>

using namespace cleat;

namespace {

constexpr uint16_t kInterests = 0;
constexpr uint16_t kMutate = 1;

template <class Containers>
void pullAlways(Containers containers) {
  for (auto container : containers) container.setImagePullPolicy("Always");
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
      auto operations = rule.initOperations(2);
      operations.set(0, role::Operation::CREATE);
      operations.set(1, role::Operation::UPDATE);
      return {};
    });
    context().serve<role::AdmissionParams, role::AdmissionResults>(
        admission, kMutate, [](role::AdmissionParams::Reader, Call<role::AdmissionResults>& call) -> Result<void> {
          Draft<core_v1::Pod> pod(call.object<core_v1::Pod>());
          if (!pod->hasSpec()) return {};
          pullAlways(pod->getSpec().getInitContainers());
          pullAlways(pod->getSpec().getContainers());
          pullAlways(pod->getSpec().getEphemeralContainers());
          call.addObject(std::move(pod));
          return {};
        });
    co_return Result<void>();
  }
};

}  // namespace

CLEAT_PLUGIN(AlwaysPullImages, .name = "admission-always-pull-images", .version = "0.1.0", .maturity = "stable",
             .roles = "admission");
