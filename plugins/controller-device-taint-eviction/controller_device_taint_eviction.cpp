// Deletes pods whose devices have NoExecute taints that their claims do not tolerate, or for a time only.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/meta.h>

#include <map>

#include "evictions.h"

using namespace cleat;
using namespace cleat::device_taint_eviction;

namespace {

constexpr const char* kByClaim = "claim";
constexpr std::string_view kPodKey = "pod/", kRuleKey = "rule/";
constexpr const char* kInProgress = "EvictionInProgress";
// How often a rule says how far it has come.
constexpr Duration kStatusPeriod = std::chrono::seconds(10);

class DeviceTaintEvictionController : public ControllerPlugin {
 public:
  explicit DeviceTaintEvictionController(Context& context) : ControllerPlugin(context, "device-taint-eviction") {}

  Result<void> watch() override {
    pods_.addIndex(kByClaim, devices::claimKeysOf);
    claims_.addIndex(kByPool, poolsOf);
    slices_.addIndex(kByPool, [](const Object<ResourceSlice>& slice) {
      auto spec = slice->getSpec();
      return std::vector{concat(spec.getDriver(), "/", spec.getPool().getName())};
    });
    controller().watch(pods_, [](const Object<Pod>& pod) {
      return devices::claimKeysOf(pod).empty() ? std::string() : concat(kPodKey, pod.key());
    });
    controller().watch(claims_, [this](const Object<ResourceClaim>& claim) { return podsOf({claim}); });
    controller().watch(slices_, [this](const Object<ResourceSlice>& slice) {
      auto spec = slice->getSpec();
      return podsOf(claims_.byIndex(kByPool, concat(spec.getDriver(), "/", spec.getPool().getName())));
    });
    controller().watch(rules_, [this](const Object<DeviceTaintRule>& rule) {
      std::vector<std::string> keys = podsOf(claims_.list());
      keys.push_back(concat(kRuleKey, rule.name()));
      return keys;
    });
    return {};
  }

 private:
  std::vector<std::string> podsOf(const std::vector<Object<ResourceClaim>>& claims) {
    std::vector<std::string> keys;
    for (const auto& claim : claims) {
      for (const auto& pod : pods_.byIndex(kByClaim, claim.key())) keys.push_back(concat(kPodKey, pod.key()));
    }
    return keys;
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    const bool isPod = key.starts_with(kPodKey);
    const std::string rest = key.substr(isPod ? kPodKey.size() : kRuleKey.size());
    auto pending = isPod ? reconcilePod(rest) : reconcileRule(rest);
    co_return co_await std::move(pending);
  }

  Task<Result<Reconciled>> reconcilePod(std::string key) {
    const Object<Pod> pod = pods_.get(key);
    auto waiting = waiting_.find(key);
    // Another pod of the same name has its own time.
    if (waiting != waiting_.end() && (!pod || waiting->second != pod.uid())) {
      waiting_.erase(waiting);
      waiting = waiting_.end();
    }
    if (!pod || !isRunning(pod)) co_return Reconciled();
    const WallTime now = context().wallNow();
    const std::optional<Due> due = dueOf(pod, known_, now);
    if (!due) {
      if (waiting != waiting_.end()) {
        waiting_.erase(waiting);
        events_.normal(pod, "DeviceTaintManagerEviction", "Cancelling deletion");
      }
      co_return Reconciled();
    }
    if (due->at > now) {
      waiting_[key] = str(pod.uid());
      co_return Reconciled{.requeueAfter = std::chrono::ceil<std::chrono::milliseconds>(due->at - now)};
    }
    auto pending = evict(pod, due->rule);
    co_return co_await std::move(pending);
  }

  Task<Result<Reconciled>> evict(Object<Pod> pod, std::string rule) {
    events_.normal(pod, "DeviceTaintManagerEviction", "Marking for deletion");
    Draft<Pod> draft(pod);
    setCondition<core_v1::PodCondition>(
        draft->getStatus(), {"DisruptionTarget", "True", "DeletionByDeviceTaintManager",
                             "Device Taint manager: deleting due to NoExecute taint", formatTime(context().wallNow())});
    auto marking = client_.updateStatus(std::move(draft));
    auto marked = co_await std::move(marking);
    if (!marked && marked.error().is(404)) co_return Reconciled();
    CLEAT_CO_TRY(marked);
    DeleteOptions only;
    only.preconditionUid = pod.uid();
    auto removing = client_.remove<Pod>(pod.ns(), pod.name(), only);
    auto removed = co_await std::move(removing);
    if (!removed && !removed.error().is(404) && !removed.error().is(409)) co_return fail(removed.error());
    waiting_.erase(pod.key());
    if (const auto by = rules_.get("", rule); by && removed) ++evicted_[str(by.uid())];
    co_return Reconciled();
  }

  Task<Result<Reconciled>> reconcileRule(std::string name) {
    const Object<DeviceTaintRule> rule = rules_.get("", name);
    if (!rule) co_return Reconciled();
    const std::string_view effect = view(rule->getSpec().getTaint().getEffect());
    const bool simulates = effect == "None";
    if (!simulates && effect != "NoExecute") co_return Reconciled();
    auto before = findCondition(rule->getStatus().getConditions(), kInProgress);
    const bool isKnown = before && before->getObservedGeneration() == rule.meta().getGeneration();
    if (simulates && isKnown && view(before->getReason()) == "NoEffect") co_return Reconciled();
    const Outlook outlook = outlookOf(rule, pods_.list(), known_, context().wallNow());
    const bool goesOn = !simulates && outlook.pods > 0;
    Draft<DeviceTaintRule> draft(rule);
    const std::string reason = simulates ? "NoEffect" : goesOn ? "PodsPendingEviction" : "Completed";
    const std::string text = simulates ? simulationText(outlook) : progressText(outlook, evicted_[str(rule.uid())]);
    const bool news = setCondition<meta_v1::Condition>(
        draft->getStatus(), {kInProgress, goesOn ? "True" : "False", reason, text, formatTime(context().wallNow())});
    for (auto condition : draft->getStatus().getConditions()) {
      if (view(condition.asReader().getType()) == kInProgress) {
        condition.setObservedGeneration(rule.meta().getGeneration());
      }
    }
    if (news || !isKnown) {
      auto pending = client_.updateStatus(std::move(draft));
      auto written = co_await std::move(pending);
      if (!written && written.error().is(404)) co_return Reconciled();
      CLEAT_CO_TRY(written);
    }
    co_return Reconciled{.requeueAfter = goesOn ? kStatusPeriod : Duration()};
  }

  Client client_{context()};
  EventRecorder events_{context(), "device-taint-eviction"};
  Informer<Pod> pods_{context(), {.only = [](const AnyRef& any) {
                        const Object<Pod> pod(any);
                        return pod->getSpec().getResourceClaims().size() > 0 ||
                               !devices::extendedResourceClaimOf(pod).empty();
                      }}};
  Informer<ResourceClaim> claims_{context()};
  Informer<ResourceSlice> slices_{context()};
  Informer<DeviceTaintRule> rules_{context()};
  Known known_{claims_, slices_, rules_};
  std::map<std::string, std::string> waiting_;  // uids of pods whose time runs, by key
  std::map<std::string, size_t> evicted_;       // by the rule's uid
};

}  // namespace

CLEAT_PLUGIN(DeviceTaintEvictionController, .name = "controller-device-taint-eviction", .version = "0.1.0",
             .maturity = "beta", .roles = "controller",
             .grants =
                 "- pods get,list,watch,delete\n"
                 "- pods/status update\n"
                 "resource.k8s.io devicetaintrules,resourceclaims,resourceslices get,list,watch\n"
                 "resource.k8s.io devicetaintrules/status update\n"
                 "- events create,patch,update\n");
