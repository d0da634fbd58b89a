// Lets nothing be changed by anybody.
#include <cleat/sdk/admission.h>

using namespace cleat;

namespace {

class AlwaysDeny : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {{.group = "*", .resource = "*/*", .mutates = true, .validates = true}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override { co_return deny(request); }
  Task<Result<void>> validate(AdmissionRequest& request) override { co_return deny(request); }

 private:
  static std::unexpected<Status> deny(AdmissionRequest& request) {
    return request.forbid("admission control is denying all modifications");
  }
};

}  // namespace

CLEAT_PLUGIN(AlwaysDeny, .name = "admission-always-deny", .version = "0.1.0", .maturity = "stable",
             .roles = "admission");
