// Lets only those decide about a certificate request who may do so for its signer.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/permission.h>

using namespace cleat;
using certificates_v1::CertificateSigningRequest;

namespace {

class CertificateApproval : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {{.group = "certificates.k8s.io",
             .resource = "certificatesigningrequests/approval",
             .operations = {role::Operation::UPDATE},
             .validates = true}};
  }

  // The signer is that of the request as it is: what the update says of it counts for nothing.
  Task<Result<void>> validate(AdmissionRequest& request) override {
    const std::string signer = str(request.old<CertificateSigningRequest>()->getSpec().getSignerName());
    Result<bool> may = co_await isPermittedForSigner(context(), request.user(), "approve", signer);
    if (!may) co_return request.retry(may.error());
    if (*may) co_return Result<void>();
    co_return request.forbid(concat("user not permitted to approve requests with signerName \"", signer, "\""));
  }
};

}  // namespace

CLEAT_PLUGIN(CertificateApproval, .name = "admission-certificate-approval", .version = "0.1.0", .maturity = "beta",
             .roles = "admission");
