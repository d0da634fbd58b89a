// Puts a finalizer on new pod groups, so that none goes while pods of it run or wait.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/scheduling_v1beta1.h>
#include <cleat/sdk/meta.h>

using namespace cleat;

namespace {

class PodGroupProtection : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {{.group = "scheduling.k8s.io",
             .resource = "podgroups",
             .operations = {role::Operation::CREATE},
             .mutates = true}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    Draft<scheduling_v1beta1::PodGroup> draft(request.object<scheduling_v1beta1::PodGroup>());
    if (addFinalizer(draft.meta(), "scheduling.k8s.io/podgroup-protection")) request.replace(std::move(draft));
    co_return Result<void>();
  }
};

}  // namespace

CLEAT_PLUGIN(PodGroupProtection, .name = "admission-podgroup-protection", .version = "0.1.0", .maturity = "alpha",
             .roles = "admission");
