// Counts for each PodDisruptionBudget how many of its pods may be evicted now.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/own_status.h>
#include <cleat/sdk/pod_conditions.h>
#include <cleat/sdk/pod_state.h>
#include <cleat/sdk/selector.h>
#include <cleat/sdk/selector_words.h>

#include <map>

#include "budget_count.h"
#include "owner_scales.h"

using namespace cleat;
using namespace cleat::disruption;

namespace {

constexpr const char* kNamespaceIndex = "namespace";
// A budget that could not be counted is counted again, should nothing else wake it.
constexpr Duration kTryAgain = std::chrono::minutes(1);

template <class K>
std::vector<std::string> namespaceOf(const Object<K>& object) {
  return {str(object.ns())};
}

bool sameForBudgets(const Object<Pod>& a, const Object<Pod>& b) {
  return isReady(a) == isReady(b) && deletionPending(a.meta()) == deletionPending(b.meta()) &&
         capnp::toAny(a.meta().getLabels()) == capnp::toAny(b.meta().getLabels()) &&
         capnp::toAny(a.meta().getOwnerReferences()) == capnp::toAny(b.meta().getOwnerReferences());
}

class DisruptionController : public ControllerPlugin {
 public:
  explicit DisruptionController(Context& context) : ControllerPlugin(context, "disruption") {}

  Result<void> watch() override {
    pods_.addIndex(kNamespaceIndex, namespaceOf<Pod>);
    budgets_.addIndex(kNamespaceIndex, namespaceOf<PodDisruptionBudget>);
    budgets_.onChange([this](const Object<PodDisruptionBudget>& before, const Object<PodDisruptionBudget>& now) {
      if (now) {
        selectors_.insert_or_assign(now.key(), selectorOf(now));
      } else {
        selectors_.erase(before.key());
      }
    });
    controller().watch(budgets_);
    pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) {
      if (before && now && sameForBudgets(before, now)) return;
      if (now && before) wakeBudgetsOf(before);
      tellOfMany(now ? now : before, wakeBudgetsOf(now ? now : before));
    });
    controller().needs(pods_);
    scales_.watch(controller(), [this](std::string_view ns) {
      for (const auto& budget : budgets_.byIndex(kNamespaceIndex, ns)) {
        if (!podsOf(budget).empty()) controller().enqueue(budget.key());
      }
    });
    conditions_.watch(pods_, [this](const Object<Pod>& pod) {
      return untilStale(pod, context().wallNow()) ? pod.key() : std::string();
    });
    conditions_.run();
    return {};
  }

 private:
  // None for a budget without one: it protects nothing.
  static LabelSelector selectorOf(const Object<PodDisruptionBudget>& budget) {
    if (!budget->getSpec().hasSelector()) return LabelSelector::nothing();
    return LabelSelector::compile(budget->getSpec().getSelector()).value_or(LabelSelector::nothing());
  }

  // Those that the pod counts for.
  std::vector<Object<PodDisruptionBudget>> wakeBudgetsOf(const Object<Pod>& pod) {
    std::vector<Object<PodDisruptionBudget>> woken;
    for (Object<PodDisruptionBudget>& budget : budgets_.byIndex(kNamespaceIndex, pod.ns())) {
      auto selector = selectors_.find(budget.key());
      if (selector == selectors_.end() || !selector->second.matches(pod)) continue;
      controller().enqueue(budget.key());
      woken.push_back(std::move(budget));
    }
    return woken;
  }

  // A pod of several budgets cannot be evicted, which is worth knowing before somebody tries. In Kubernetes' words,
  // although each of its budgets counts it.
  void tellOfMany(const Object<Pod>& pod, const std::vector<Object<PodDisruptionBudget>>& budgets) {
    if (budgets.size() < 2) return;
    events_.warning(
        pod, "MultiplePodDisruptionBudgets",
        concat("Pod \"", pod.ns(), "\"/\"", pod.name(), "\" matches multiple PodDisruptionBudgets.  Chose \"",
               budgets.front().name(), "\" arbitrarily."));
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<PodDisruptionBudget> budget = budgets_.get(key);
    if (!budget) co_return Reconciled();
    Result<Reconciled> done = co_await countAnew(budget);
    if (done) co_return done;
    log().debug("cannot count for the budget ", key, ": ", done.error());
    CLEAT_CO_TRY(co_await writeStatus(client_, budget, uncounted(budget, done.error().message, context().wallNow())));
    co_return Reconciled{kTryAgain};
  }

  Task<Result<Reconciled>> countAnew(Object<PodDisruptionBudget> budget) {
    const std::vector<Object<Pod>> pods = podsOf(budget);
    if (pods.empty()) events_.normal(budget, "NoPods", "No matching pods found");
    CLEAT_CO_TRY(Expected expected, co_await expectedOf(budget, pods));
    const WallTime now = context().wallNow();
    const Disrupted disrupted = disruptedOf(budget, pods, now);
    for (const Object<Pod>& pod : disrupted.overdue) {
      events_.warning(pod, "NotDeleted",
                      concat("Pod was expected by PDB ", budget.key(), " to be deleted but it wasn't"));
    }
    Draft<PodDisruptionBudget> draft = counted(budget, expected, countHealthy(pods, disrupted), disrupted, now);
    CLEAT_CO_TRY(co_await writeStatus(client_, budget, std::move(draft)));
    co_return Reconciled{disrupted.lookAgain};
  }

  std::vector<Object<Pod>> podsOf(const Object<PodDisruptionBudget>& budget) const {
    const LabelSelector selector = selectorOf(budget);
    std::vector<Object<Pod>> found;
    for (Object<Pod>& pod : pods_.byIndex(kNamespaceIndex, budget.ns())) {
      if (selector.matches(pod)) found.push_back(std::move(pod));
    }
    return found;
  }

  Task<Result<Expected>> expectedOf(Object<PodDisruptionBudget> budget, std::vector<Object<Pod>> pods) {
    if (!countsByScale(budget)) co_return expectedBy(budget, static_cast<int64_t>(pods.size()));
    Result<Scale> scale = co_await scales_.of(std::move(pods));
    if (!scale) {
      events_.warning(budget, "CalculateExpectedPodCountFailed",
                      concat("Failed to calculate the number of expected pods: ", scale.error().message));
      co_return fail(scale.error());
    }
    if (!scale->unmanaged.empty()) {
      events_.warning(budget, "UnmanagedPods",
                      concat("Pods selected by this PodDisruptionBudget (selector: ",
                             selectorWords(budget->getSpec().getSelector()),
                             ") were found to be unmanaged. As a result, the status of the PDB cannot be calculated "
                             "correctly, which may result in undefined behavior. To account for these pods please set "
                             "\".spec.minAvailable\" field of the PDB to an integer value."));
    }
    co_return expectedBy(budget, scale->pods);
  }

  // A pod that was to be evicted, and is still there long after, is not going to be.
  Task<Result<Reconciled>> settleCondition(std::string key) {
    const Object<Pod> pod = pods_.get(key);
    const auto wait = pod ? untilStale(pod, context().wallNow()) : std::nullopt;
    if (!wait) co_return Reconciled();
    if (*wait > Duration::zero()) co_return Reconciled{*wait};
    Draft<Pod> draft(pod);
    setPodCondition(
        draft, {.type = "DisruptionTarget", .status = "False", .lastTransitionTime = formatTime(context().wallNow())});
    CLEAT_CO_TRY(co_await writeStatus(client_, pod, std::move(draft)));
    co_return Reconciled();
  }

  Client client_{context()};
  EventRecorder events_{context(), "controllermanager"};
  Informer<PodDisruptionBudget> budgets_{context()};
  Informer<Pod> pods_{context()};
  OwnerScales scales_{context()};
  std::map<std::string, LabelSelector> selectors_;  // by the budget's key
  Controller conditions_{context(), "stale-disruptions",
                         [this](std::string key) { return settleCondition(std::move(key)); }};
};

}  // namespace

CLEAT_PLUGIN(DisruptionController, .name = "controller-disruption", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "policy poddisruptionbudgets list,watch\npolicy poddisruptionbudgets/status update\n"
                 "apps replicasets,deployments,statefulsets list,watch\n- replicationcontrollers list,watch\n"
                 "* */scale get\n- pods list,watch\n- pods/status update\n- events create,patch,update\n");
