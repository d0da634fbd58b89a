// Lets only those write a certificate, or that there will be none, who may sign in the name of the request's signer.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/permission.h>

using namespace cleat;
using certificates_v1::CertificateSigningRequest;

namespace {

bool sameStatus(const Object<CertificateSigningRequest>& old, const Object<CertificateSigningRequest>& now) {
  auto before = old->getStatus(), after = now->getStatus();
  if (view(before.getCertificate()) != view(after.getCertificate())) return false;
  auto had = before.getConditions(), has = after.getConditions();
  if (had.size() != has.size()) return false;
  for (uint32_t i = 0; i < had.size(); ++i) {
    if (capnp::toAny(had[i]) != capnp::toAny(has[i])) return false;
  }
  return true;
}

class CertificateSigning : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {{.group = "certificates.k8s.io",
             .resource = "certificatesigningrequests/status",
             .operations = {role::Operation::UPDATE},
             .validates = true}};
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    const Object<CertificateSigningRequest> old = request.old<CertificateSigningRequest>();
    if (sameStatus(old, request.object<CertificateSigningRequest>())) co_return Result<void>();
    const std::string signer = str(old->getSpec().getSignerName());
    Result<bool> may = co_await isPermittedForSigner(context(), request.user(), "sign", signer);
    if (!may) co_return request.retry(may.error());
    if (*may) co_return Result<void>();
    co_return request.forbid(concat("user not permitted to sign requests with signerName \"", signer, "\""));
  }
};

}  // namespace

CLEAT_PLUGIN(CertificateSigning, .name = "admission-certificate-signing", .version = "0.1.0", .maturity = "beta",
             .roles = "admission");
