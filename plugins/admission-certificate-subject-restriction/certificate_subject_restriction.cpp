// Sees to it that nobody asks for a certificate in a name or for a group that is not to be had so.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/node_identity.h>

#include <algorithm>

#include "x509-common/certificates.h"

using namespace cleat;
using certificates_v1::CertificateSigningRequest;

namespace {

constexpr std::string_view kClientSigner = "kubernetes.io/kube-apiserver-client";
constexpr std::string_view kNodeSigner = "kubernetes.io/kube-apiserver-client-kubelet";
constexpr const char* kMasters = "system:masters";
constexpr const char* kBootstrappers = "system:bootstrappers";

// Those of one kind (NID_commonName, …) in the subject that is asked for; none of what is no request.
std::vector<std::string> subjectTexts(certificates_v1::CertificateSigningRequestSpec::Reader spec, int nid) {
  const x509::CertificateRequest asked = x509::parseRequest(view(spec.getRequest()));
  return asked ? x509::textsIn(X509_REQ_get_subject_name(asked.get()), nid) : std::vector<std::string>();
}

class CertificateSubjectRestriction : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {{.group = "certificates.k8s.io",
             .resource = "certificatesigningrequests",
             .operations = {role::Operation::CREATE},
             .validates = true}};
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
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

 private:
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

  Client client_{context()};
};

}  // namespace

CLEAT_PLUGIN(CertificateSubjectRestriction, .name = "admission-certificate-subject-restriction", .version = "0.1.0",
             .maturity = "beta", .roles = "admission", .grants = "- nodes get\n");
