// Approves nodes' certificate requests, and signs what is approved.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include <algorithm>
#include <optional>

#include "signer.h"

using namespace cleat;
using certificates_v1::CertificateSigningRequest;
using certificates_v1::CertificateSigningRequestCondition;

namespace {

constexpr std::string_view kNodeSigner = "kubernetes.io/kube-apiserver-client-kubelet";
constexpr std::string_view kClientSigner = "kubernetes.io/kube-apiserver-client";
constexpr std::string_view kNodePrefix = "system:node:";
constexpr int64_t kYear = 365 * 86400;
constexpr int64_t kShortest = 600;

std::string pemOf(const Object<CertificateSigningRequest>& request) {
  return std::string(view(request->getSpec().getRequest()));
}

bool hasCondition(const Object<CertificateSigningRequest>& request, std::string_view type) {
  return conditionIs(request->getStatus().getConditions(), type, "True");
}

class CertificateController : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    Result<Signer> signer = Signer::open(config().server().pkiDir);
    if (!signer) co_return fail(signer.error());
    signer_.emplace(std::move(*signer));
    controller_.watch(requests_);
    co_await requests_.waitSynced();
    controller_.run();
    co_return Result<void>();
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) {
    Object<CertificateSigningRequest> request = requests_.get(key);
    if (!request || request->getStatus().getCertificate().size() > 0) co_return Reconciled();
    if (hasCondition(request, "Denied") || hasCondition(request, "Failed")) co_return Reconciled();
    const std::string_view signer = view(request->getSpec().getSignerName());
    if (signer != kNodeSigner && signer != kClientSigner) co_return Reconciled();
    if (hasCondition(request, "Approved")) co_return co_await signRequest(request);
    if (signer == kNodeSigner && mayBecomeNode(request)) co_return co_await approve(request);
    co_return Reconciled();
  }

  // A new node, or a node that renews its own certificate, that asks for just a node's identity.
  static bool mayBecomeNode(const Object<CertificateSigningRequest>& request) {
    Result<RequestedSubject> subject = Signer::read(pemOf(request));
    if (!subject || subject->namesHosts) return false;
    if (!subject->commonName.starts_with(kNodePrefix) || subject->commonName.size() == kNodePrefix.size()) return false;
    if (subject->organizations != std::vector<std::string>{"system:nodes"}) return false;
    const std::vector<std::string> groups = strings(request->getSpec().getGroups());
    auto has = [&](const char* group) { return std::ranges::find(groups, group) != groups.end(); };
    if (has("system:bootstrappers")) return true;
    return has("system:nodes") && view(request->getSpec().getUsername()) == subject->commonName;
  }

  Task<Result<Reconciled>> approve(Object<CertificateSigningRequest> request) {
    Draft<CertificateSigningRequest> draft(request);
    ConditionUpdate update{"Approved", "True", "AutoApproved", "Auto approving kubelet client certificate.",
                           formatTime(context().wallNow())};
    setCondition<CertificateSigningRequestCondition>(draft->getStatus(), update);
    auto updated = co_await client_.updateSubresource<CertificateSigningRequest>("", request.name(), "approval",
                                                                                 std::move(draft));
    if (!updated && !updated.error().is(404)) co_return fail(updated.error());
    co_return Reconciled();
  }

  Task<Result<Reconciled>> signRequest(Object<CertificateSigningRequest> request) {
    const int64_t asked = valueOr(request->getSpec().getExpirationSeconds(), kYear);
    Result<std::string> certificate = signer_->sign(pemOf(request), std::clamp(asked, kShortest, kYear));
    Draft<CertificateSigningRequest> draft(request);
    if (certificate) {
      auto bytes = kj::ArrayPtr<const char>(certificate->data(), certificate->size()).asBytes();
      draft->getStatus().setCertificate(bytes);
    } else {
      ConditionUpdate update{"Failed", "True", "SignerValidationFailure", certificate.error().message,
                             formatTime(context().wallNow())};
      setCondition<CertificateSigningRequestCondition>(draft->getStatus(), update);
    }
    auto updated = co_await client_.updateStatus<CertificateSigningRequest>(std::move(draft));
    if (!updated && !updated.error().is(404)) co_return fail(updated.error());
    co_return Reconciled();
  }

  std::optional<Signer> signer_;
  Client client_{context()};
  Informer<CertificateSigningRequest> requests_{context()};
  Controller controller_{context(), "certificates", [this](std::string key) { return reconcile(std::move(key)); }};
};

}  // namespace

CLEAT_PLUGIN(CertificateController, .name = "controller-certificates", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants = "certificates.k8s.io certificatesigningrequests get,list,watch\n"
                       "certificates.k8s.io certificatesigningrequests/approval,certificatesigningrequests/status update\n"
                       "certificates.k8s.io signers approve,sign\n");
