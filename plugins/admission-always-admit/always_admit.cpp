// Lets everything through, as a chain without it does.
#include <cleat/sdk/admission.h>

using namespace cleat;

namespace {

class AlwaysAdmit : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    log().warn("admission-always-admit does nothing: take it out of [admission] chain");
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override { return {}; }
};

}  // namespace

CLEAT_PLUGIN(AlwaysAdmit, .name = "admission-always-admit", .version = "0.1.0", .maturity = "stable",
             .roles = "admission");
