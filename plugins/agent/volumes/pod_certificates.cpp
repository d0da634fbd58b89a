#include "volumes/pod_certificates.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <set>
#include <utility>

#include "volumes/pem_certificates.h"
#include "volumes/pod_key.h"

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

using certificates_v1::PodCertificateRequest;

// So much later than the signer says at most, so that the pods of one moment do not all come at once again.
constexpr Duration kSpread = 5min;
// After what could not be asked for a pod that has a certificate still.
constexpr Duration kAskAgain = 1min;
// So long after it should have been replaced it is said that a certificate has not been.
constexpr Duration kOverdue = 10min;

std::string keyOfEntry(const PodCertificateSpec& spec) {
  return concat(spec.podUid, "/", spec.volume, "/", spec.source);
}

Task<void> tellWhenSynced(std::shared_ptr<Informer<PodCertificateRequest>> requests, std::function<void()> tell) {
  co_await requests->waitSynced();
  tell();
}

}  // namespace

void PodCertificates::watch() {
  if (requests_) return;
  requests_ = std::make_shared<Informer<Request>>(
      context_, InformerOptions{.fieldSelector = "spec.nodeName=" + context_.config().nodeName()});
  requests_->onChange([this](const Object<Request>& before, const Object<Request>& now) { tell(now ? now : before); });
  std::function<void()> all = [this] {
    std::set<std::string> pods;
    for (const auto& [key, entry] : entries_) pods.insert(key.substr(0, key.find('/')));
    for (const std::string& uid : pods) {
      if (changed_) changed_(uid);
    }
  };
  spawn(tellWhenSynced(requests_, std::move(all)));
}

void PodCertificates::tell(const Object<Request>& request) const {
  for (const auto& [key, entry] : entries_) {
    if (!entry.pending || entry.pending->ns != request.ns() || entry.pending->name != request.name()) continue;
    if (changed_) changed_(key.substr(0, key.find('/')));
    return;
  }
}

Task<Result<PodCredential>> PodCertificates::credential(PodCertificateSpec spec) {
  watch();
  const std::string key = keyOfEntry(spec);
  Entry& known = entries_[key];
  known.pod = {.apiVersion = "v1", .kind = "Pod", .ns = spec.podNamespace, .name = spec.podName, .uid = spec.podUid};
  look(known);
  if (isDue(known)) {
    auto pending = ask(spec);
    Result<Pending> asked = co_await std::move(pending);
    auto found = entries_.find(key);
    if (found == entries_.end()) co_return fail(Status::unavailable("the pod has ended"));
    Entry& entry = found->second;
    if (asked) {
      entry.pending = std::move(*asked);
      look(entry);
    } else {
      if (!entry.issued) co_return fail(asked.error());
      entry.renewAgainAt = context_.wallNow() + kAskAgain;
      context_.log.warn("cannot ask for a new certificate for the pod ", spec.podNamespace, "/", spec.podName, ": ",
                        asked.error());
    }
  }
  Entry& entry = entries_[key];
  sayLate(entry);
  if (!entry.refusal.empty()) co_return fail(Status::badRequest(entry.refusal));
  if (entry.issued) co_return entry.issued->credential;
  co_return fail(Status::unavailable("credential bundle is not issued yet"));
}

void PodCertificates::sayLate(Entry& entry) {
  if (!entry.issued || !entry.refusal.empty()) return;
  const WallTime now = context_.wallNow();
  if (now > entry.issued->refreshAt + kOverdue && !std::exchange(entry.issued->saidOverdue, true)) {
    events_.record(entry.pod, "Warning", "CertificateOverdueForRefresh", "PodCertificate refresh overdue");
  }
  if (now > entry.issued->expiresAt && !std::exchange(entry.issued->saidExpired, true)) {
    events_.record(entry.pod, "Warning", "CertificateExpired", "PodCertificate expired");
  }
}

bool PodCertificates::isDue(const Entry& entry) const {
  if (entry.pending || !entry.refusal.empty()) return false;
  return !entry.issued || context_.wallNow() >= std::max(entry.issued->refreshAt, entry.renewAgainAt);
}

void PodCertificates::look(Entry& entry) {
  if (!entry.pending || !requests_->synced()) return;
  if (auto request = requests_->get(entry.pending->ns, entry.pending->name)) {
    take(entry, request);
  } else if (requests_->any().revision() >= entry.pending->revision) {
    entry.pending.reset();  // somebody has deleted it
  }
}

void PodCertificates::take(Entry& entry, const Object<Request>& request) {
  auto status = request->getStatus();
  for (auto condition : status.getConditions()) {
    const std::string_view type = view(condition.getType());
    if (view(condition.getStatus()) != "True") continue;
    if (type == "Issued") {
      const WallTime now = context_.wallNow();
      const WallTime expires = parseTime(status.getNotAfter()).value_or(now);
      const auto later = std::chrono::nanoseconds(context_.random64() % std::chrono::nanoseconds(kSpread).count());
      entry.issued =
          Issued{{std::move(entry.pending->privatePem), pemOf(certificatesIn(view(status.getCertificateChain())))},
                 parseTime(status.getBeginRefreshAt()).value_or(expires) + later,
                 expires};
      entry.pending.reset();
      return;
    }
    if (type != "Denied" && type != "Failed") continue;
    const std::string why = concat("reason=", inQuotes(view(condition.getReason())));
    const std::string words = inQuotes(view(condition.getMessage()));
    const bool denied = type == "Denied";
    events_.record(entry.pod, "Warning", type,
                   concat("PodCertificateRequest ", request.key(), denied ? " was denied, " : " failed, ", why,
                          ", message=", words));
    entry.refusal =
        concat("PodCertificateRequest was permanently ", denied ? "denied: " : "failed: ", why, " message=", words);
    entry.pending.reset();
    return;
  }
}

Task<Result<PodCertificates::Pending>> PodCertificates::ask(PodCertificateSpec spec) {
  auto make = [type = spec.keyType] { return makePodKey(type); };
  CLEAT_CO_TRY(PodKey key, co_await context_.blocking(make));
  auto drafting = requestFor(spec);
  CLEAT_CO_TRY(Draft<Request> request, co_await std::move(drafting));
  request->getSpec().setStubPKCS10Request(dataOf(key.requestDer));
  auto pending = client_.create(std::move(request));
  CLEAT_CO_TRY(Object<Request> created, co_await std::move(pending));
  co_return Pending{str(created.ns()), str(created.name()), std::move(key.privatePem), created.revision()};
}

Task<Result<Draft<certificates_v1::PodCertificateRequest>>> PodCertificates::requestFor(PodCertificateSpec spec) {
  Object<core_v1::Node> node = node_.known();
  if (!node) {
    auto asked = node_.ask();
    CLEAT_CO_TRY(node, co_await std::move(asked));
  }
  auto looked = client_.get<core_v1::ServiceAccount>(spec.podNamespace, spec.serviceAccount);
  CLEAT_CO_TRY(Object<core_v1::ServiceAccount> account, co_await std::move(looked));
  Draft<Request> request;
  auto meta = request->initMetadata();
  meta.setNamespace(spec.podNamespace);
  meta.setGenerateName("req-");
  auto owner = meta.initOwnerReferences(1)[0];
  owner.setApiVersion("v1");
  owner.setKind("Pod");
  owner.setName(spec.podName);
  owner.setUid(spec.podUid);
  auto wanted = request->initSpec();
  wanted.setSignerName(spec.signer);
  wanted.setPodName(spec.podName);
  wanted.setPodUID(spec.podUid);
  wanted.setServiceAccountName(spec.serviceAccount);
  wanted.setServiceAccountUID(str(account.uid()));
  wanted.setNodeName(str(node.name()));
  wanted.setNodeUID(str(node.uid()));
  if (spec.maxExpirationSeconds) wanted.initMaxExpirationSeconds().setValue(*spec.maxExpirationSeconds);
  auto annotations = wanted.initUnverifiedUserAnnotations(static_cast<uint32_t>(spec.annotations.size()));
  uint32_t at = 0;
  for (const auto& [name, value] : spec.annotations) {
    annotations[at].setKey(name);
    annotations[at++].setValue(value);
  }
  co_return std::move(request);
}

std::optional<WallTime> PodCertificates::refreshAt(const std::string& podUid) const {
  const std::string prefix = podUid + "/";
  std::optional<WallTime> first;
  for (auto at = entries_.lower_bound(prefix); at != entries_.end() && at->first.starts_with(prefix); ++at) {
    const Entry& entry = at->second;
    if (!entry.issued || !entry.refusal.empty()) continue;
    auto next = [&](bool isOpen, WallTime due) {
      if (isOpen && (!first || due < *first)) first = due;
    };
    next(!entry.pending, std::max(entry.issued->refreshAt, entry.renewAgainAt));
    // A moment after it, when it is late indeed.
    next(!entry.issued->saidOverdue, entry.issued->refreshAt + kOverdue + 1s);
    next(!entry.issued->saidExpired, entry.issued->expiresAt + 1s);
  }
  return first;
}

void PodCertificates::forget(const std::string& podUid) {
  const std::string prefix = podUid + "/";
  std::erase_if(entries_, [&](const auto& item) { return item.first.starts_with(prefix); });
}

}  // namespace cleat::agent
