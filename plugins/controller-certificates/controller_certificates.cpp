// Approves nodes' certificate requests, signs what is approved, and clears away what is done with.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <optional>

#include "access.h"
#include "rules.h"
#include "signer.h"

using namespace cleat;
using namespace cleat::certificates;
using certificates_v1::CertificateSigningRequestCondition;
using certificates_v1::PodCertificateRequest;
using SigningRequest = Object<CertificateSigningRequest>;
using PodRequest = Object<PodCertificateRequest>;

namespace {

constexpr std::chrono::seconds kLongest = std::chrono::days(365);
constexpr std::chrono::seconds kShortest = std::chrono::minutes(10);
// How long a request stays: one that is issued, denied or failed; and one that nobody has decided on, or that is
// approved and that its signer leaves alone.
constexpr Duration kKeepDone = std::chrono::hours(1);
constexpr Duration kKeepPending = std::chrono::hours(24);
// What nobody may have yet is looked at again so often: nobody tells of new rights.
constexpr Duration kAskAgain = std::chrono::seconds(30);
// How long one for a pod stays, whatever has become of it: its node has read the answer by then, or asks anew.
constexpr Duration kKeepForPod = std::chrono::minutes(15);

std::string pemOf(const SigningRequest& request) { return std::string(view(request->getSpec().getRequest())); }

bool hasCondition(const SigningRequest& request, std::string_view type) {
  return conditionIs(request->getStatus().getConditions(), type, "True");
}

template <class Request>
WallTime createdAt(const Request& request) {
  return parseTime(request.meta().getCreationTimestamp()).value_or(WallTime());
}

// When the request may be forgotten; none while somebody may still work on it.
std::optional<WallTime> endOf(const SigningRequest& request) {
  auto status = request->getStatus();
  const bool issued = status.getCertificate().size() > 0;
  std::optional<WallTime> end;
  for (auto condition : status.getConditions()) {
    const std::string_view type = view(condition.getType());
    if (type != "Denied" && type != "Failed" && type != "Approved") continue;
    const WallTime since = parseTime(condition.getLastUpdateTime()).value_or(createdAt(request));
    const WallTime until = since + (type == "Approved" && !issued ? kKeepPending : kKeepDone);
    end = std::min(end.value_or(until), until);
  }
  if (end && issued) end = std::min(*end, Signer::endOf(view(status.getCertificate())).value_or(*end));
  if (status.getConditions().size() == 0) end = createdAt(request) + kKeepPending;
  return end;
}

class CertificateController : public ControllerPlugin {
 public:
  explicit CertificateController(Context& context) : ControllerPlugin(context, "certificates") {}

  Result<void> watch() override {
    CLEAT_TRY(Signer signer, Signer::open(config().server().pkiDir));
    signer_.emplace(std::move(signer));
    controller().watch(requests_);
    controller().watch(podRequests_);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    if (key.find('/') != std::string::npos) co_return co_await forgetOld(podRequests_.get(key));
    SigningRequest request = requests_.get(key);
    if (!request || deletionPending(request.meta())) co_return Reconciled();
    const WallTime now = context().wallNow();
    const std::optional<WallTime> end = endOf(request);
    if (end && *end <= now) co_return co_await forget(request);
    Result<Open> open = co_await decide(request);
    if (!open && !open.error().is(404)) co_return fail(open.error());
    Duration again = end ? *end - now : Duration::zero();
    if (open && *open == Open::forRights) again = end ? std::min(again, kAskAgain) : kAskAgain;
    co_return Reconciled{again};
  }

  // Whether there is more to come than changes of the request tell of.
  enum class Open { no, forRights };

  Task<Result<Open>> decide(SigningRequest request) {
    if (request->getStatus().getCertificate().size() > 0) co_return Open::no;
    if (hasCondition(request, "Denied") || hasCondition(request, "Failed")) co_return Open::no;
    if (!isOwnSigner(view(request->getSpec().getSignerName()))) co_return Open::no;
    Result<RequestedCertificate> wanted = Signer::read(pemOf(request));
    if (hasCondition(request, "Approved")) {
      CLEAT_CO_TRY(co_await sign(request, wanted));
      co_return Open::no;
    }
    if (!wanted || !isForNodeClient(request->getSpec(), *wanted)) co_return Open::no;
    CLEAT_CO_TRY(std::string why, co_await approvalOf(request, *wanted));
    if (why.empty()) co_return Open::forRights;
    CLEAT_CO_TRY(co_await approve(request, why));
    co_return Open::no;
  }

  // Empty: somebody has to decide, or to be given the right.
  Task<Result<std::string>> approvalOf(SigningRequest request, RequestedCertificate wanted) {
    const AutomaticApproval approval = automaticApproval(request->getSpec(), wanted);
    if (!approval.why.empty() && approval.newNode.empty()) co_return approval.why;
    if (!approval.why.empty()) {
      Result<Object<core_v1::Node>> there = co_await client_.get<core_v1::Node>(approval.newNode);
      if (!there && !there.error().is(404)) co_return fail(there.error());
      if (!there) co_return approval.why;
    }
    const bool isOwn = view(request->getSpec().getUsername()) == wanted.commonName;
    co_return co_await approvalByRights(context(), request, isOwn);
  }

  Task<Result<void>> approve(SigningRequest request, std::string why) {
    Draft<CertificateSigningRequest> draft(request);
    ConditionUpdate update{"Approved", "True", "AutoApproved", why, formatTime(context().wallNow())};
    setCondition<CertificateSigningRequestCondition>(draft->getStatus(), update);
    CLEAT_CO_TRY(co_await client_.updateSubresource<CertificateSigningRequest>("", request.name(), "approval",
                                                                               std::move(draft)));
    co_return Result<void>();
  }

  Task<Result<void>> sign(SigningRequest request, Result<RequestedCertificate> wanted) {
    std::string refused = wanted ? refusal(request->getSpec(), *wanted) : wanted.error().message;
    Draft<CertificateSigningRequest> draft(request);
    if (refused.empty()) {
      const std::chrono::seconds asked(valueOr(request->getSpec().getExpirationSeconds(), kLongest.count()));
      SigningOptions options{context().wallNow(), std::clamp(asked, kShortest, kLongest),
                             strings(request->getSpec().getUsages())};
      CLEAT_CO_TRY(std::string certificate, signer_->sign(pemOf(request), options));
      draft->getStatus().setCertificate(kj::ArrayPtr<const char>(certificate.data(), certificate.size()).asBytes());
    } else {
      ConditionUpdate update{"Failed", "True", "SignerValidationFailure", refused, formatTime(context().wallNow())};
      setCondition<CertificateSigningRequestCondition>(draft->getStatus(), update);
    }
    CLEAT_CO_TRY(co_await client_.updateStatus<CertificateSigningRequest>(std::move(draft)));
    co_return Result<void>();
  }

  Task<Result<Reconciled>> forget(SigningRequest request) {
    const std::string uid(request.uid());
    DeleteOptions options;
    options.preconditionUid = uid;
    auto removed = co_await client_.remove<CertificateSigningRequest>("", request.name(), options);
    if (!removed && !removed.error().is(404)) co_return fail(removed.error());
    co_return Reconciled();
  }

  Task<Result<Reconciled>> forgetOld(PodRequest request) {
    if (!request || deletionPending(request.meta())) co_return Reconciled();
    const WallTime end = createdAt(request) + kKeepForPod, now = context().wallNow();
    if (now < end) co_return Reconciled{end - now};
    DeleteOptions options;
    options.preconditionUid = request.uid();
    auto removed = co_await client_.remove<PodCertificateRequest>(request.ns(), request.name(), options);
    if (!removed && !removed.error().is(404)) co_return fail(removed.error());
    co_return Reconciled();
  }

  std::optional<Signer> signer_;
  Client client_{context()};
  Informer<CertificateSigningRequest> requests_{context()};
  Informer<PodCertificateRequest> podRequests_{context()};
};

}  // namespace

CLEAT_PLUGIN(CertificateController, .name = "controller-certificates", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "certificates.k8s.io certificatesigningrequests get,list,watch,delete\n"
                 "certificates.k8s.io certificatesigningrequests/approval,certificatesigningrequests/status update\n"
                 "certificates.k8s.io podcertificaterequests get,list,watch,delete\n"
                 "certificates.k8s.io signers approve,sign\n"
                 "- nodes get\n");
