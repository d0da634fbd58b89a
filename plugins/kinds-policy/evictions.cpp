#include "kinds-policy/evictions.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/selector.h>
#include <cleat/sdk/text.h>

#include "kinds-policy/budget_spending.h"

namespace cleat::kinds::policy {

namespace {

// How often something is tried again that somebody else has changed meanwhile.
constexpr int kMaxTries = 20;

bool isConflict(const Result<void>& result) { return !result && result.error().reason == "Conflict"; }

bool hasEnded(const Object<core_v1::Pod>& pod) {
  std::string_view phase = view(pod->getStatus().getPhase());
  return phase == "Succeeded" || phase == "Failed" || deletionPending(pod.meta());
}

// Nothing is disrupted that has ended or has not begun.
bool countsForNothing(const Object<core_v1::Pod>& pod) {
  return hasEnded(pod) || view(pod->getStatus().getPhase()) == "Pending";
}

bool isProtectedBy(const Object<core_v1::Pod>& pod, policy_v1::PodDisruptionBudget::Reader budget) {
  auto spec = budget.getSpec();
  if (!spec.hasSelector()) return false;
  auto selector = LabelSelector::compile(spec.getSelector());
  return selector && selector->matches(pod.meta().getLabels());
}

Status severalBudgets() {
  Status status = Status::internal(
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
  status.reason.clear();
  return status;
}

Status mismatch(std::string_view pod, std::string_view field, std::string_view wanted, std::string_view found,
                std::string_view why) {
  return Status::conflict("Pod", pod,
                          concat("the ", field, " in the precondition (", wanted, ") does not match the ", field,
                                 " in record (", found, "). The object might have been ", why));
}

// What the client and we ourselves demand of the pod.
Result<void> checkPreconditions(const EvictionRequest& request, const Object<core_v1::Pod>& pod, uint64_t revision) {
  if (!request.uid.empty() && request.uid != pod.uid()) {
    return fail(mismatch(pod.name(), "UID", request.uid, pod.uid(), "deleted and then recreated"));
  }
  const std::string now = std::to_string(pod.revision());
  const std::string wanted = revision != 0 ? std::to_string(revision) : request.resourceVersion;
  if (!wanted.empty() && wanted != now) {
    return fail(mismatch(pod.name(), "ResourceVersion", wanted, now, "modified"));
  }
  return {};
}

Result<void> checkDryRun(capnp::List<capnp::Text>::Reader dryRun) {
  for (auto value : dryRun) {
    if (view(value) == "All") continue;
    return fail(
        Status::invalid("DeleteOptions.meta.k8s.io", "",
                        {{"FieldValueNotSupported",
                          concat("Unsupported value: [\"", view(value), "\"]: supported values: \"All\""), "dryRun"}}));
  }
  return {};
}

Result<void> checkPolicy(std::string_view policy) {
  if (policy.empty() || policy == "Foreground" || policy == "Background" || policy == "Orphan") return {};
  return fail(Status::invalid("DeleteOptions.meta.k8s.io", "",
                              {{"FieldValueNotSupported",
                                concat("Unsupported value: ", inQuotes(policy),
                                       R"(: supported values: "Foreground", "Background", "Orphan", "nil")"),
                                "propagationPolicy"}}));
}

}  // namespace

Result<EvictionRequest> EvictionRequest::read(const Object<policy_v1::Eviction>& body, const Object<core_v1::Pod>& pod,
                                              bool dryRun) {
  if (body.name() != pod.name()) {
    return fail(Status::badRequest("name in URL does not match name in Eviction object"));
  }
  auto options = body->getDeleteOptions();
  if (valueOr(options.getIgnoreStoreReadErrorWithClusterBreakingPotential(), false)) {
    return fail(Status::invalid(
        "Eviction.policy", pod.name(),
        {{"FieldValueInvalid", "Invalid value: true: can not be set for pod eviction, try after removing the option",
          "deleteOptions.ignoreStoreReadErrorWithClusterBreakingPotential"}}));
  }
  CLEAT_TRY(checkDryRun(options.getDryRun()));
  CLEAT_TRY(checkPolicy(view(options.getPropagationPolicy())));
  EvictionRequest request{.ns = str(pod.ns()), .name = str(pod.name())};
  request.dryRun = dryRun || options.getDryRun().size() > 0;
  request.gracePeriodSeconds = valueOr(options.getGracePeriodSeconds(), -1);
  request.propagationPolicy = str(options.getPropagationPolicy());
  if (isSet(options.getOrphanDependents())) {
    request.propagationPolicy = options.getOrphanDependents().getValue() ? "Orphan" : "Background";
  }
  request.uid = str(options.getPreconditions().getUid());
  request.resourceVersion = str(options.getPreconditions().getResourceVersion());
  return request;
}

Task<Result<void>> Evictions::evict(EvictionRequest request) {
  for (int attempt = 0;; ++attempt) {
    auto pending = client_.get<Pod>(request.ns, request.name);
    CLEAT_CO_TRY(Object<Pod> pod, co_await std::move(pending));
    if (!countsForNothing(pod)) {
      auto eviction = evictOnce(request, pod);
      co_return co_await std::move(eviction);
    }
    // One that has not begun may be ready by now, and then it counts.
    auto removal = remove(request, hasEnded(pod) ? 0 : pod.revision());
    Result<void> removed = co_await std::move(removal);
    const bool again = isConflict(removed) && request.resourceVersion.empty() && attempt < kMaxTries;
    if (!again) co_return removed;
  }
}

Task<Result<void>> Evictions::evictOnce(const EvictionRequest& request, const Object<Pod>& pod) {
  auto pending = budgetsOf(pod);
  CLEAT_CO_TRY(std::vector<Object<Budget>> budgets, co_await std::move(pending));
  if (budgets.size() > 1) co_return fail(severalBudgets());
  const bool free = !budgets.empty() && isFree(pod, budgets[0]);
  if (!budgets.empty() && !free) {
    auto spending = spendBudget(request, budgets[0]);
    CLEAT_CO_TRY(co_await std::move(spending));
  }
  // A pod that goes for nothing because it is not ready must not have become ready.
  auto removal = remove(request, free ? pod.revision() : 0);
  Result<void> removed = co_await std::move(removal);
  if (free && isConflict(removed) && request.resourceVersion.empty()) {
    co_return fail(notYetCounted(budgets[0].name()));
  }
  co_return removed;
}

Task<Result<std::vector<Object<policy_v1::PodDisruptionBudget>>>> Evictions::budgetsOf(Object<Pod> pod) {
  auto pending = client_.list<Budget>({.ns = pod.ns()});
  CLEAT_CO_TRY(ObjectList<Budget> all, co_await std::move(pending));
  std::vector<Object<Budget>> found;
  for (const Object<Budget>& budget : all.items) {
    if (isProtectedBy(pod, *budget)) found.push_back(budget);
  }
  co_return found;
}

Task<Result<void>> Evictions::spendBudget(const EvictionRequest& request, Object<Budget> budget) {
  for (int attempt = 0;; ++attempt) {
    CLEAT_CO_TRY(Draft<Budget> spent, spend(budget, request.name, context_.wallNow()));
    if (request.dryRun) co_return Result<void>();
    auto pending = client_.updateStatus(std::move(spent));
    Result<Object<Budget>> updated = co_await std::move(pending);
    if (updated) co_return Result<void>();
    if (updated.error().reason != "Conflict") co_return fail(updated.error());
    if (attempt == kMaxTries) {
      Status timeout = Status::timeout(
          concat("Timeout: couldn't update PodDisruptionBudget \"", budget.name(), "\" due to conflicts"));
      timeout.details.retryAfterSeconds = 10;
      co_return fail(timeout);
    }
    auto current = client_.get<Budget>(budget.ns(), budget.name());
    CLEAT_CO_TRY(budget, co_await std::move(current));
  }
}

Task<Result<void>> Evictions::remove(const EvictionRequest& request, uint64_t revision) {
  const bool pinned = revision != 0 || !request.resourceVersion.empty();
  for (int attempt = 0;; ++attempt) {
    auto pending = client_.get<Pod>(request.ns, request.name);
    CLEAT_CO_TRY(Object<Pod> pod, co_await std::move(pending));
    CLEAT_CO_TRY(checkPreconditions(request, pod, revision));
    if (request.dryRun) co_return Result<void>();
    Draft<Pod> marked(pod);
    const bool changed = setCondition<core_v1::PodCondition>(marked->getStatus(),
                                                             {.type = "DisruptionTarget",
                                                              .status = "True",
                                                              .reason = "EvictionByEvictionAPI",
                                                              .message = "Eviction API: evicting",
                                                              .lastTransitionTime = formatTime(context_.wallNow())});
    if (changed) {
      auto update = client_.updateStatus(std::move(marked));
      Result<Object<Pod>> updated = co_await std::move(update);
      const bool conflict = !updated && updated.error().reason == "Conflict";
      if (conflict && attempt < kMaxTries) continue;
      if (!updated) co_return fail(updated.error());
      pod = *updated;
    }
    auto removal = client_.remove<Pod>(request.ns, request.name,
                                       {.gracePeriodSeconds = request.gracePeriodSeconds,
                                        .propagationPolicy = request.propagationPolicy,
                                        .preconditionUid = request.uid,
                                        .preconditionRevision = pinned ? pod.revision() : 0});
    Result<Object<Pod>> removed = co_await std::move(removal);
    if (!removed) co_return fail(removed.error());
    co_return Result<void>();
  }
}

}  // namespace cleat::kinds::policy
