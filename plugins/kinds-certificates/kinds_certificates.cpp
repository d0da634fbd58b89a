// kinds-certificates: certificates.k8s.io/v1, requests for certificates that someone approves and a signer signs, and
// authorities to trust. Signing requests are here; the other kinds are in their own files.
#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include <set>

#include "kinds-certificates/certificate_kinds.h"
#include "kinds-common/kinds_plugin.h"
#include "kinds-common/metadata.h"
#include "kinds-common/names.h"
#include "kinds-common/signer.h"

namespace cleat::kinds {

namespace {

using Request = certificates_v1::CertificateSigningRequest;
using Condition = certificates_v1::CertificateSigningRequestCondition;

constexpr int32_t kShortestSeconds = 600;
constexpr std::string_view kLegacySigner = "kubernetes.io/legacy-unknown";

void setRequestor(certificates_v1::CertificateSigningRequestSpec::Builder spec, role::User::Reader user) {
  spec.setUsername(user.getName());
  spec.setUid(user.getUid());
  spec.setGroups(user.getGroups());
  auto extra = spec.initExtra(user.getExtra().size());
  for (uint32_t i = 0; i < extra.size(); ++i) {
    extra[i].setKey(user.getExtra()[i].getKey());
    extra[i].setValue(user.getExtra()[i].getValues());
  }
}

// The decision stays as it was made, with its reason and times. Adding or removing one is for validation to refuse.
void keepDecision(certificates_v1::CertificateSigningRequestStatus::Builder status, Request::Reader old) {
  auto conditions = status.getConditions();
  for (uint32_t i = 0; i < conditions.size(); ++i) {
    std::string_view type = view(conditions[i].getType().asReader());
    if (type != "Approved" && type != "Denied") continue;
    auto before = findCondition(old.getStatus().getConditions(), type);
    if (before) conditions.setWithCaveats(i, *before);
  }
}

void setDefaults(Request::Builder request, const Change<Request>& change) {
  if (change.isDelete()) return;
  // A request is made for oneself, and stays as it was made.
  if (change.old) {
    request.setSpec(change.old->getSpec());
    if (change.isStatus() && request.getStatus().hasConditions()) keepDecision(request.getStatus(), *change.old);
  } else {
    setRequestor(request.getSpec(), change.user);
  }
}

void checkUsages(capnp::List<capnp::Text>::Reader usages, const Path& path, Findings& findings) {
  static const std::set<std::string_view> kKnown{"any",
                                                 "client auth",
                                                 "cert sign",
                                                 "code signing",
                                                 "content commitment",
                                                 "crl sign",
                                                 "data encipherment",
                                                 "decipher only",
                                                 "digital signature",
                                                 "email protection",
                                                 "encipher only",
                                                 "ipsec end system",
                                                 "ipsec tunnel",
                                                 "ipsec user",
                                                 "key agreement",
                                                 "key encipherment",
                                                 "microsoft sgc",
                                                 "netscape sgc",
                                                 "ocsp signing",
                                                 "s/mime",
                                                 "server auth",
                                                 "signing",
                                                 "timestamping"};
  if (usages.size() == 0) findings.required(path);
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < usages.size(); ++i) {
    std::string_view usage = view(usages[i]);
    if (!kKnown.contains(usage)) {
      std::vector<std::string_view> known(kKnown.begin(), kKnown.end());
      findings.notSupported(path[i], usage, known);
    }
    if (!seen.insert(usage).second) findings.duplicate(path[i], usage);
  }
}

void checkConditions(capnp::List<Condition>::Reader conditions, const Path& path, Findings& findings) {
  std::set<std::string_view> types;
  for (uint32_t i = 0; i < conditions.size(); ++i) {
    std::string_view type = view(conditions[i].getType());
    std::string_view status = view(conditions[i].getStatus());
    bool decides = type == "Approved" || type == "Denied" || type == "Failed";
    if (type.empty()) findings.required(path[i] / "type");
    if (status.empty()) {
      findings.required(path[i] / "status");
    } else if (decides) {
      checkOneOf(status, path[i] / "status", {"True"}, findings);
    } else {
      checkOneOf(status, path[i] / "status", {"False", "True", "Unknown"}, findings);
    }
    if (!types.insert(type).second) findings.duplicate(path[i] / "type", type);
  }
  if (types.contains("Approved") && types.contains("Denied")) {
    findings.invalid(path, "Denied", "Approved and Denied conditions are mutually exclusive");
  }
}

// Who decided once has decided.
void checkDecision(const Change<Request>& change, Findings& findings) {
  const Path path = Path("status") / "conditions";
  for (const char* type : {"Approved", "Denied"}) {
    bool before = findCondition(change.old->getStatus().getConditions(), type).has_value();
    bool now = findCondition(change.object.getStatus().getConditions(), type).has_value();
    if (before && !now) findings.forbidden(path, concat("updates may not remove a condition of type \"", type, "\""));
    if (!before && now) {
      findings.forbidden(path, concat("updates may not add a condition of type \"", type, "\""));
    }
  }
}

void validate(const Change<Request>& change, Findings& findings) {
  auto spec = change.object.getSpec();
  const Path path("spec");
  checkConditions(change.object.getStatus().getConditions(), Path("status") / "conditions", findings);
  if (change.old) {
    if (!change.isStatus()) return;
    checkDecision(change, findings);
    return certificates::checkCertificateChange(change, findings);
  }
  certificates::checkRequestContent(view(spec.getRequest()), path / "request", findings);
  checkUsages(spec.getUsages(), path / "usages", findings);
  if (view(spec.getSignerName()) == kLegacySigner) {
    findings.invalid(path / "signerName", spec.getSignerName(),
                     "the legacy signerName is not allowed via this API version");
  } else {
    checkSignerName(view(spec.getSignerName()), path / "signerName", findings);
  }
  if (isSet(spec.getExpirationSeconds()) && spec.getExpirationSeconds().getValue() < kShortestSeconds) {
    findings.invalid(path / "expirationSeconds", spec.getExpirationSeconds().getValue(),
                     "may not specify a duration less than 600 seconds (10 minutes)");
  }
}

std::string statusText(Request::Reader request) {
  auto conditions = request.getStatus().getConditions();
  std::string text = findCondition(conditions, "Denied")     ? "Denied"
                     : findCondition(conditions, "Approved") ? "Approved"
                                                             : "Pending";
  if (findCondition(conditions, "Failed")) text += ",Failed";
  if (request.getStatus().getCertificate().size() > 0) text += ",Issued";
  return text;
}

void print(Request::Reader request, Cells& cells) {
  auto spec = request.getSpec();
  cells.text(request.getMetadata().getName());
  cells.age(request.getMetadata().getCreationTimestamp());
  cells.text(spec.getSignerName().size() > 0 ? view(spec.getSignerName()) : std::string_view("<none>"));
  cells.text(spec.getUsername());
  cells.text(isSet(spec.getExpirationSeconds())
                 ? humanDuration(std::chrono::seconds(spec.getExpirationSeconds().getValue()))
                 : std::string("<none>"));
  cells.text(statusText(request));
}

}  // namespace

class CertificatesKinds : public KindsPlugin {
 public:
  explicit CertificatesKinds(Context& context) : KindsPlugin(context) {
    table().add<Request>({.structFile = "kinds/certificates_v1.capnp",
                          .shortNames = {"csr"},
                          .columns = {nameColumn(),
                                      ageColumn(),
                                      {"SignerName", "string", "Who is asked to sign."},
                                      {"Requestor", "string", "Who asks."},
                                      {"RequestedDuration", "string", "For how long the certificate is wanted."},
                                      {"Condition", "string", "What became of the request."}},
                          .selectableFields = {"spec.signerName"},
                          .hasStatus = true,
                          .keepsGeneration = true},
                         {setDefaults, kinds::validate, print});
    table().addStatus<Request>();
    table().addSubresource<Request>({.name = "approval",
                                     .style = "transform",
                                     .verbs = {"get", "patch", "update"},
                                     .resets = {"spec", "status.certificate"}});
    certificates::addTrustBundles(table());
    certificates::addPodRequests(table());
  }

 protected:
  Task<Result<void>> project(role::TransformParams::Reader params, Call<role::TransformResults>& call) override {
    if (targetOf(params.getRef()) != "certificatesigningrequests/approval")
      co_return noSuchSubresource(params.getRef());
    call.results();
    call.addObject(call.objects().at(0));
    co_return Result<void>();
  }

  // The conditions are taken over, which are the decision, and metadata; nothing else.
  Task<Result<void>> transform(role::TransformParams::Reader params, Call<role::TransformResults>& call) override {
    if (targetOf(params.getRef()) != "certificatesigningrequests/approval")
      co_return noSuchSubresource(params.getRef());
    auto parent = call.object<Request>(0);
    auto body = call.object<Request>(1);
    Draft<Request> decided(parent);
    takeMetadata(decided.meta(), body.meta());
    decided->getStatus().setConditions(body->getStatus().getConditions());
    for (auto condition : decided->getStatus().getConditions()) {
      setTimes(condition, parent->getStatus().getConditions());
    }
    Findings findings;
    checkMetadata(decided.reader().getMetadata(), Path("metadata"), findings);
    checkConditions(decided.reader().getStatus().getConditions(), Path("status") / "conditions", findings);
    for (const char* type : {"Approved", "Denied"}) {
      if (findCondition(parent->getStatus().getConditions(), type) &&
          !findCondition(body->getStatus().getConditions(), type)) {
        findings.forbidden(Path("status") / "conditions",
                           concat("updates may not remove a condition of type \"", type, "\""));
      }
    }
    if (!findings.empty()) {
      co_return fail(
          Status::invalid("CertificateSigningRequest.certificates.k8s.io", parent.name(), findings.causes()));
    }
    call.results();
    call.addObject(std::move(decided));
    co_return Result<void>();
  }

  // The status of a pod's request is its signer's to write.
  Task<Result<void>> beforeCommit(role::BeforeCommitParams::Reader params,
                                  Call<role::BeforeCommitResults>& call) override {
    call.results();
    if (targetOf(params.getRef()) != "podcertificaterequests/status") co_return Result<void>();
    auto before = call.object<certificates_v1::PodCertificateRequest>(1);
    const std::string signer = str(before->getSpec().getSignerName());
    for (const std::string& name : {signer, signer.substr(0, signer.find('/')) + "/*"}) {
      auto build = [&](role::Attributes::Builder attributes) {
        attributes.setUser(params.getUser());
        attributes.setVerb("sign");
        attributes.setGroup("certificates.k8s.io");
        attributes.setVersion("*");
        attributes.setResource("signers");
        attributes.setName(name);
      };
      auto pending = context().call(role::authorizer::authorize, build);
      CLEAT_CO_TRY(auto answer, co_await std::move(pending));
      if ((*answer).getDecision() == role::Decision::ALLOW) co_return Result<void>();
    }
    Findings findings;
    findings.forbidden(Path("spec") / "signerName",
                       concat("User ", quoted(view(params.getUser().getName())),
                              " is not permitted to \"sign\" for signer ", quoted(signer)));
    co_return fail(Status::invalid("PodCertificateRequest.certificates.k8s.io", before.name(), findings.causes()));
  }

 private:
  // What a client does not say of a condition's times: it is new now, unless it was there with the same status.
  void setTimes(Condition::Builder condition, capnp::List<Condition>::Reader before) {
    std::string now = formatTime(context().wallNow());
    if (condition.getLastUpdateTime().size() == 0) condition.setLastUpdateTime(now);
    if (condition.getLastTransitionTime().size() != 0) return;
    auto old = findCondition(before, view(condition.getType().asReader()));
    bool same = old && view(old->getStatus()) == view(condition.getStatus().asReader()) &&
                old->getLastTransitionTime().size() != 0;
    condition.setLastTransitionTime(same ? str(old->getLastTransitionTime()) : now);
  }
};

}  // namespace cleat::kinds

CLEAT_PLUGIN(cleat::kinds::CertificatesKinds, .name = "kinds-certificates", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
