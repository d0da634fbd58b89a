// Sees to it that nobody says whom a signer's users are to trust who may not speak for the signer.
#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/meta.h>

using namespace cleat;
using certificates_v1::ClusterTrustBundle;
using role::Operation;

namespace {

constexpr const char* kGroup = "certificates.k8s.io";

bool sameMap(TextMapReader a, TextMapReader b) { return a.size() == b.size() && isSubset(a, b); }

// Whether the bundle says what it said: garbage collection and finalizers write nothing but their own.
bool saysTheSame(const Object<ClusterTrustBundle>& old, const Object<ClusterTrustBundle>& now) {
  return capnp::toAny(old->getSpec()) == capnp::toAny(now->getSpec()) &&
         sameMap(old.meta().getLabels(), now.meta().getLabels()) &&
         sameMap(old.meta().getAnnotations(), now.meta().getAnnotations());
}

class TrustBundleAttest : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {{.group = kGroup,
             .resource = "clustertrustbundles",
             .operations = {Operation::CREATE, Operation::UPDATE},
             .validates = true}};
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    const Object<ClusterTrustBundle> bundle = request.object<ClusterTrustBundle>();
    const std::string signer = str(bundle->getSpec().getSignerName());
    if (signer.empty()) co_return Result<void>();
    if (request.operation() == Operation::UPDATE && saysTheSame(request.old<ClusterTrustBundle>(), bundle)) {
      co_return Result<void>();
    }
    for (const std::string& name : {signer, signer.substr(0, signer.find('/')) + "/*"}) {
      auto build = [&](role::Attributes::Builder attributes) {
        attributes.setUser(request.user());
        attributes.setVerb("attest");
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
    co_return request.forbid(concat("user not permitted to attest for signerName \"", signer, "\""));
  }
};

}  // namespace

CLEAT_PLUGIN(TrustBundleAttest, .name = "admission-cluster-trust-bundle-attest", .version = "0.1.0", .maturity = "beta",
             .roles = "admission");
