// Refuses what would exceed a quota of its namespace.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_quota.h>
#include <cleat/sdk/meta.h>

#include "limited_resources.h"
#include "quota-common/accounts.h"
#include "quota-common/pending_writes.h"

using namespace cleat;
using namespace cleat::quota;

namespace {

using core_v1::Pod;

bool isOfCore(const AdmissionRequest& request, std::string_view resource) {
  return view(request.params().getRef().getGroup()).empty() && request.resource() == resource;
}

// The pod as it will be: the body of a resize need not say more than resources.
Object<Pod> resized(const Object<Pod>& old, const Object<Pod>& body) {
  Draft<Pod> pod(old);
  auto spec = pod->getSpec();
  spec.setContainers(body->getSpec().getContainers());
  spec.setInitContainers(body->getSpec().getInitContainers());
  if (body->getSpec().hasResources()) spec.setResources(body->getSpec().getResources());
  return std::move(pod).freeze();
}

bool endsByItself(const Object<Pod>& pod) { return isSet(pod->getSpec().getActiveDeadlineSeconds()); }

class ResourceQuotaAdmission : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    auto limits = LimitedResources::parse(config().string("limited_resources"));
    if (!limits) co_return fail(Status::badRequest(concat("limited_resources: ", limits.error().message)));
    limits_ = *std::move(limits);
    accounts_.quotas().onChange([this](const Object<core_v1::ResourceQuota>& before,
                                       const Object<core_v1::ResourceQuota>& now) { quotaWrites_.seen(before, now); });
    accounts_.start();
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    using role::Operation;
    auto every = [](const char* group, const char* resource, std::vector<Operation> operations) {
      AdmissionInterest interest{.group = group, .resource = resource, .operations = std::move(operations)};
      interest.validates = interest.withdraws = true;
      return interest;
    };
    // Of the updates, those by which something can come to take more.
    return {every("*", "*", {Operation::CREATE}),
            every("", "pods", {Operation::UPDATE}),
            every("", "pods/resize", {Operation::UPDATE}),
            every("", "services", {Operation::UPDATE}),
            every("", "persistentvolumeclaims", {Operation::UPDATE}),
            every("resource.k8s.io", "resourceclaims", {Operation::UPDATE}),
            every("", "resourcequotas", {Operation::UPDATE})};
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    const std::string ns(request.ns());
    if (ns.empty() || !isCounted(kindOf(request))) co_return Result<void>();
    if (!accounts_.synced()) co_await accounts_.waitSynced();
    if (quotaWrites_.any(ns)) co_await quotaWrites_.settled(ns);
    if (isToBeFollowed(kindOf(request), ns)) {
      ServedKind kind = servedKind(request);
      if (!accounts_.followsFor(ns, kind.name)) co_await accounts_.followFor(ns, std::move(kind));
    }
    // From here on nothing is waited for: between the question and the taking nobody else has a turn.
    if (request.abandoned()) co_return Result<void>();
    const Change change = changeOf(request);
    const bool real = !request.params().getDryRun();
    Account* account = accounts_.find(ns);
    if (auto covered = covers(request, change); !covered) co_return request.refuse(covered.error());
    if (account != nullptr && account->measures(change.kind) && canTakeMore(request, change)) {
      if (auto objection = account->objection(change, context().wallNow())) co_return request.forbid(*objection);
      if (real) account->take(change, context().wallNow(), context().now());
    }
    if (real && isOfCore(request, "resourcequotas")) quotaWrites_.expect(ns, change.now, change.old);
    co_return Result<void>();
  }

  Task<Result<void>> withdraw(AdmissionRequest& request) override {
    const Change change = changeOf(request);
    if (Account* account = accounts_.find(request.ns())) account->giveBack(change);
    if (isOfCore(request, "resourcequotas")) quotaWrites_.forget(request.ns(), change.now, change.old);
    co_return Result<void>();
  }

 private:
  static KindName kindOf(const AdmissionRequest& request) {
    return {str(request.params().getRef().getGroup()), str(request.resource())};
  }
  static ServedKind servedKind(const AdmissionRequest& request) {
    return {kindOf(request), str(request.params().getRef().getVersion()), str(request.params().getKind())};
  }

  static Change changeOf(const AdmissionRequest& request) {
    Change change{kindOf(request), request.anyObject(), {}};
    if (request.operation() != role::Operation::UPDATE) return change;
    change.old = request.anyOld();
    if (request.subresource() == "resize") change.now = resized(Object<Pod>(change.old), Object<Pod>(change.now));
    return change;
  }

  // Whether others of the kind have to be known; of claims for devices, what they are worth at least.
  bool isToBeFollowed(const KindName& kind, const std::string& ns) {
    const Account* account = accounts_.find(ns);
    return (account != nullptr && account->measures(kind)) || (kind == kDeviceClaims && limits_.concerns(kind));
  }

  // Whether the namespace's quotas are about what may be taken only under one.
  Result<void> covers(const AdmissionRequest& request, const Change& change) {
    if (!limits_.concerns(change.kind) || !canTakeMore(request, change)) return {};
    const WallTime now = context().wallNow();
    const Amounts usage = accounts_.usage(change.kind, change.now, now);
    if (change.old && usage == accounts_.usage(change.kind, change.old, now)) return {};
    std::vector<Quota> quotas;
    for (const auto& quota : accounts_.quotas().list(request.ns())) quotas.push_back(readQuota(*quota));
    const auto objection = limits_.objection(change.kind, change.now, usage, quotas);
    if (!objection) return {};
    if (objection->isForbidden) return fail(request.forbidden(objection->message));
    return fail(Status{.code = 500, .reason = "", .message = objection->message, .details = {}});
  }

  static bool canTakeMore(const AdmissionRequest& request, const Change& change) {
    if (!change.old) return true;
    if (isOfCore(request, "pods") && request.subresource().empty()) {
      return endsByItself(Object<Pod>(change.old)) != endsByItself(Object<Pod>(change.now));
    }
    return !isOfCore(request, "resourcequotas");
  }

  LimitedResources limits_;
  Accounts accounts_{context()};
  PendingWrites quotaWrites_;
};

}  // namespace

CLEAT_PLUGIN(ResourceQuotaAdmission, .name = "admission-resource-quota", .version = "0.1.0", .maturity = "beta",
             .roles = "admission", .grants = "* * list,watch\n",
             .configSchema =
                 "limited_resources string # what may be taken only where a quota covers it: the list "
                 "limitedResources of Kubernetes' ResourceQuotaConfiguration, as JSON; empty: nothing\n");
