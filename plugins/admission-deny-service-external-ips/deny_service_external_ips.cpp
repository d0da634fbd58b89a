// Lets no service take addresses that are not the cluster's to give.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lists.h>

using namespace cleat;
using core_v1::Service;

namespace {

class DenyServiceExternalIPs : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {
        {.resource = "services", .operations = {role::Operation::CREATE, role::Operation::UPDATE}, .validates = true}};
  }

  // What a service had before this plugin was there it may keep.
  Task<Result<void>> validate(AdmissionRequest& request) override {
    const Object<Service> service = request.object<Service>(), old = request.old<Service>();
    for (auto ip : service->getSpec().getExternalIPs()) {
      if (old && contains(old->getSpec().getExternalIPs(), view(ip))) continue;
      co_return request.forbid("Use of external IPs is denied by admission control");
    }
    co_return Result<void>();
  }
};

}  // namespace

CLEAT_PLUGIN(DenyServiceExternalIPs, .name = "admission-deny-service-external-ips", .version = "0.1.0",
             .maturity = "beta", .roles = "admission");
