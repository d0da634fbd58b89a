// Sees to it that nobody comes to a certificate, or gives one, beyond what is theirs to ask for and to decide.
#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/admission.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/node_identity.h>

#include <algorithm>

#include "x509-common/certificates.h"

using namespace cleat;
using certificates_v1::CertificateSigningRequest;
using role::Operation;

namespace {

constexpr const char* kGroup = "certificates.k8s.io";
constexpr std::string_view kClientSigner = "kubernetes.io/kube-apiserver-client";
constexpr std::string_view kNodeSigner = "kubernetes.io/kube-apiserver-client-kubelet";
constexpr const char* kMasters = "system:masters";
constexpr const char* kBootstrappers = "system:bootstrappers";

// Those of one kind (NID_commonName, …) in the subject that is asked for; none of what is no request.
std::vector<std::string> subjectTexts(certificates_v1::CertificateSigningRequestSpec::Reader spec, int nid) {
  const x509::CertificateRequest asked = x509::parseRequest(view(spec.getRequest()));
  return asked ? x509::textsIn(X509_REQ_get_subject_name(asked.get()), nid) : std::vector<std::string>();
}

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

class CertificateAdmission : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    auto about = [](const char* resource, Operation operation) {
      return AdmissionInterest{.group = kGroup, .resource = resource, .operations = {operation}, .validates = true};
    };
    return {about("certificatesigningrequests", Operation::CREATE),
            about("certificatesigningrequests/approval", Operation::UPDATE),
            about("certificatesigningrequests/status", Operation::UPDATE)};
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    if (request.operation() == Operation::CREATE) co_return co_await checkNew(request);
    if (request.subresource() == "approval") co_return co_await checkMay(request, "approve");
    if (sameStatus(request.old<CertificateSigningRequest>(), request.object<CertificateSigningRequest>())) {
      co_return Result<void>();
    }
    co_return co_await checkMay(request, "sign");
  }

 private:
  Task<Result<void>> checkNew(AdmissionRequest& request) {
    const Object<CertificateSigningRequest> asked = request.object<CertificateSigningRequest>();
    auto spec = asked->getSpec();
    const std::string_view signer = view(spec.getSignerName());
    if (signer == kClientSigner) {
      const std::vector<std::string> groups = subjectTexts(spec, NID_organizationName);
      if (std::ranges::find(groups, kMasters) != groups.end()) {
        co_return request.forbid(concat("use of ", kClientSigner, " signer with ", kMasters, " group is not allowed"));
      }
    }
    const bool joins = signer == kNodeSigner && contains(request.user().getGroups(), kBootstrappers);
    if (!joins) co_return Result<void>();
    for (const std::string& name : subjectTexts(spec, NID_commonName)) {
      if (!name.starts_with(kNodeUserPrefix)) continue;
      const std::string node = name.substr(kNodeUserPrefix.size());
      CLEAT_CO_TRY(co_await checkNewNode(request, node));
    }
    co_return Result<void>();
  }

  // Who holds a bootstrap token may bring a node, and take the place of none.
  Task<Result<void>> checkNewNode(AdmissionRequest& request, std::string node) {
    Result<Object<core_v1::Node>> there = co_await client_.get<core_v1::Node>(node);
    if (!there && there.error().is(404)) co_return Result<void>();
    if (!there) co_return request.retry(there.error());
    co_return request.forbid(concat("node \"", node,
                                    "\" exists already, and a bootstrap token is for new nodes only. A node that has "
                                    "lost its certificate joins again after `kubectl delete node ",
                                    node, "`"));
  }

  // Whether the user may decide for the signer: for just this one, or for all of its domain ("example.com/*").
  Task<Result<void>> checkMay(AdmissionRequest& request, const char* verb) {
    const std::string signer = str(request.old<CertificateSigningRequest>()->getSpec().getSignerName());
    for (const std::string& name : {signer, signer.substr(0, signer.find('/')) + "/*"}) {
      auto build = [&](role::Attributes::Builder attributes) {
        attributes.setUser(request.user());
        attributes.setVerb(verb);
        attributes.setGroup(kGroup);
        attributes.setVersion("*");
        attributes.setResource("signers");
        attributes.setName(name);
      };
      auto pending = context().call(role::authorizer::authorize, build);
      auto answer = co_await std::move(pending);
      if (!answer) co_return request.retry(answer.error());
      if ((**answer).getDecision() == role::Decision::ALLOW) co_return Result<void>();
    }
    co_return request.forbid(concat("user not permitted to ", verb, " requests with signerName \"", signer, "\""));
  }

  Client client_{context()};
};

}  // namespace

CLEAT_PLUGIN(CertificateAdmission, .name = "admission-certificates", .version = "0.1.0", .maturity = "beta",
             .roles = "admission", .grants = "- nodes get\n");
