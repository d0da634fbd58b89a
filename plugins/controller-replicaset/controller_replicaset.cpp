// Keeps the number of pods that each ReplicaSet asks for.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/selector.h>
#include <cleat/sdk/when_all.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "ranking.h"

using namespace cleat;
using apps_v1::ReplicaSet;

namespace {

// Pods created or deleted in one go; the rest follows in the next round.
constexpr int64_t kMostAtOnce = 500;
constexpr Duration kLookAgain = std::chrono::seconds(5);

bool namespaceEnds(const Status& status) {
  return std::ranges::any_of(status.details.causes,
                             [](const StatusCause& cause) { return cause.reason == "NamespaceTerminating"; });
}

class ReplicaSetController : public ControllerPlugin {
 public:
  explicit ReplicaSetController(Context& context) : ControllerPlugin(context, "replicaset") {}

  Result<void> watch() override {
    pods_.addIndex("owner", [](const Object<Pod>& pod) {
      auto owner = controllerOf(pod.meta());
      return std::vector<std::string>{owner ? str(owner->getUid()) : "orphans/" + std::string(pod.ns())};
    });
    sets_.onChange([this](const Object<ReplicaSet>& before, const Object<ReplicaSet>& now) {
      if (!now) ahead_.erase(str(before.uid()));
    });
    pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) { seen(before, now); });
    controller().watch(sets_);
    controller().watch(pods_, [this](const Object<Pod>& pod) { return setsOf(pod); });
    return {};
  }

 private:
  // Writes that were answered, but that the informer has not shown yet.
  struct Ahead {
    std::unordered_map<std::string, uint64_t> created;  // by uid, the revision
    std::unordered_set<std::string> deleted;            // uids
  };

  std::vector<std::string> setsOf(const Object<Pod>& pod) {
    std::vector<std::string> keys;
    if (auto owner = controllerOf(pod.meta())) {
      if (view(owner->getKind()) == "ReplicaSet") keys.push_back(keyOf(pod.ns(), view(owner->getName())));
      return keys;
    }
    // Nobody's pod may fit a set.
    for (const Object<ReplicaSet>& set : sets_.list(pod.ns())) {
      auto selector = LabelSelector::compile(set->getSpec().getSelector());
      if (selector && !selector->matchesEverything() && selector->matches(pod)) keys.push_back(set.key());
    }
    return keys;
  }

  void seen(const Object<Pod>& before, const Object<Pod>& now) {
    const Object<Pod>& pod = now ? now : before;
    auto owner = controllerOf(pod.meta());
    if (!owner) return;
    auto ahead = ahead_.find(str(owner->getUid()));
    if (ahead == ahead_.end()) return;
    const std::string uid = str(pod.uid());
    ahead->second.created.erase(uid);
    if (!now || deletionPending(now.meta())) ahead->second.deleted.erase(uid);
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<ReplicaSet> set = sets_.get(key);
    if (!set) co_return Reconciled();
    const std::string uid = str(set.uid());
    CLEAT_CO_TRY(LabelSelector selector, LabelSelector::compile(set->getSpec().getSelector()));
    const bool leaving = deletionPending(set.meta());
    if (!leaving) {
      CLEAT_CO_TRY(co_await settleOwnership(set, selector));
      Object<ReplicaSet> now = sets_.get(key);
      if (!now || now.uid() != uid) co_return Reconciled();
    }

    std::vector<Object<Pod>> active;
    Ahead& ahead = ahead_[uid];
    // A pod that came and went while history was lost is never shown.
    std::erase_if(ahead.created, [this](const auto& pod) { return pod.second <= pods_.any().revision(); });
    for (const Object<Pod>& pod : pods_.byIndex("owner", uid)) {
      if (isActive(pod) && selector.matches(pod) && !ahead.deleted.contains(str(pod.uid()))) active.push_back(pod);
    }
    const int64_t wanted = valueOr(set->getSpec().getReplicas(), 1);
    const int64_t have = static_cast<int64_t>(active.size() + ahead.created.size());
    Result<void> done;
    if (!leaving && have < wanted) done = co_await createPods(set, std::min(wanted - have, kMostAtOnce));
    if (!leaving && have > wanted) done = co_await deletePods(set, active, std::min(have - wanted, kMostAtOnce));
    if (!done) {
      const Failure failure{have < wanted ? "FailedCreate" : "FailedDelete", done.error().message};
      (void)co_await writeStatus(set, active, failure);
      co_return fail(done.error());
    }
    co_return co_await writeStatus(set, active, std::nullopt);
  }

  // Takes pods that match and belong to nobody, and lets go of its own that do not match. What follows counts on having
  // seen that.
  Task<Result<void>> settleOwnership(Object<ReplicaSet> set, LabelSelector selector) {
    std::vector<Draft<Pod>> changed;
    for (const Object<Pod>& pod : pods_.byIndex("owner", "orphans/" + std::string(set.ns()))) {
      if (!isActive(pod) || selector.matchesEverything() || !selector.matches(pod)) continue;
      setController(changed.emplace_back(pod).meta(), set);
    }
    if (!changed.empty()) {
      // A set that is being deleted must not take the pods that its deletion has just orphaned.
      CLEAT_CO_TRY(auto live, co_await client_.get<ReplicaSet>(set.ns(), set.name()));
      if (live.uid() != set.uid() || deletionPending(live.meta())) changed.clear();
    }
    for (const Object<Pod>& pod : pods_.byIndex("owner", set.uid())) {
      if (deletionPending(pod.meta()) || selector.matches(pod)) continue;
      removeOwner(changed.emplace_back(pod).meta(), set.uid());
    }
    uint64_t revision = 0;
    for (Draft<Pod>& draft : changed) {
      Result<Object<Pod>> updated = co_await client_.update<Pod>(std::move(draft));
      if (!updated && !updated.error().is(404)) co_return fail(updated.error());
      if (updated) revision = std::max(revision, updated->revision());
    }
    if (!co_await pods_.waitFor(revision))
      co_return fail(Status::timeout("the pods taken over or let go are not seen"));
    co_return Result<void>();
  }

  Draft<Pod> podOf(const Object<ReplicaSet>& set) {
    Draft<Pod> pod;
    auto pattern = set->getSpec().getTemplate();
    pod.meta().setGenerateName(concat(set.name(), "-"));
    pod.meta().setNamespace(str(set.ns()));
    pod.meta().setLabels(pattern.getMetadata().getLabels());
    pod.meta().setAnnotations(pattern.getMetadata().getAnnotations());
    pod.meta().setFinalizers(pattern.getMetadata().getFinalizers());
    setController(pod.meta(), set);
    pod->setSpec(pattern.getSpec());
    return pod;
  }

  // In growing batches: when the first one is refused (a quota, say), not all the others are tried as well.
  Task<Result<void>> createPods(Object<ReplicaSet> set, int64_t count) {
    const std::string uid = str(set.uid());
    for (int64_t batch = 1; count > 0; batch *= 2) {
      std::vector<Task<Result<Object<Pod>>>> creations;
      for (int64_t i = 0; i < std::min(batch, count); ++i) creations.push_back(client_.create<Pod>(podOf(set)));
      count -= static_cast<int64_t>(creations.size());
      std::vector<Result<Object<Pod>>> made = co_await whenAll(std::move(creations));
      Result<void> outcome;
      for (Result<Object<Pod>>& pod : made) {
        if (pod) {
          auto ahead = ahead_.find(uid);  // none if the set has gone meanwhile
          if (ahead != ahead_.end() && pods_.any().revision() < pod->revision()) {
            ahead->second.created[str(pod->uid())] = pod->revision();
          }
          events_.normal(set, "SuccessfulCreate", concat("Created pod: ", pod->name()));
        } else if (namespaceEnds(pod.error())) {
          count = 0;  // and so will the set
        } else {
          events_.warning(set, "FailedCreate", concat("Error creating: ", pod.error().message));
          outcome = fail(pod.error());
        }
      }
      if (!outcome) co_return outcome;
    }
    co_return Result<void>();
  }

  Task<Result<void>> deletePods(Object<ReplicaSet> set, std::vector<Object<Pod>> active, int64_t count) {
    rankForDeletion(active);
    active.resize(std::min<size_t>(active.size(), static_cast<size_t>(count)));
    std::vector<Task<Result<Object<Pod>>>> deletions;
    const std::string uid = str(set.uid());
    for (const Object<Pod>& pod : active) {
      ahead_[uid].deleted.insert(str(pod.uid()));
      DeleteOptions options;
      options.preconditionUid = pod.uid();
      deletions.push_back(client_.remove<Pod>(pod.ns(), pod.name(), options));
    }
    std::vector<Result<Object<Pod>>> gone = co_await whenAll(std::move(deletions));
    Result<void> outcome;
    auto ahead = ahead_.find(uid);
    for (size_t i = 0; i < gone.size(); ++i) {
      if (!gone[i] && ahead != ahead_.end()) ahead->second.deleted.erase(str(active[i].uid()));
      if (gone[i] || gone[i].error().is(404)) {
        events_.normal(set, "SuccessfulDelete", concat("Deleted pod: ", active[i].name()));
        continue;
      }
      events_.warning(set, "FailedDelete", concat("Error deleting: ", gone[i].error().message));
      outcome = fail(gone[i].error());
    }
    co_return outcome;
  }

  struct Failure {
    std::string reason, message;
  };

  Task<Result<Reconciled>> writeStatus(Object<ReplicaSet> set, std::vector<Object<Pod>> active,
                                       std::optional<Failure> failure) {
    const Duration minReady = std::chrono::seconds(set->getSpec().getMinReadySeconds());
    const WallTime now = context().wallNow();
    auto labels = LabelSelector::fromMap(set->getSpec().getTemplate().getMetadata().getLabels());
    int32_t labelled = 0, ready = 0, available = 0;
    Reconciled result;
    auto lookAgain = [&result](Duration wait) {
      if (result.requeueAfter == Duration::zero() || wait < result.requeueAfter) result.requeueAfter = wait;
    };
    for (const Object<Pod>& pod : active) {
      labelled += labels.matches(pod);
      ready += isReady(pod->getStatus());
      const std::optional<Duration> wait = untilAvailable(pod->getStatus(), minReady, now);
      if (wait == Duration::zero()) ++available;
      // A pod becomes available by waiting alone.
      if (wait && *wait > Duration::zero()) lookAgain(*wait);
    }
    Draft<ReplicaSet> draft(set);
    auto status = draft->getStatus();
    status.setReplicas(static_cast<int32_t>(active.size()));
    status.setFullyLabeledReplicas(labelled);
    status.setReadyReplicas(ready);
    status.setAvailableReplicas(available);
    status.setObservedGeneration(set.meta().getGeneration());
    const bool failing = findCondition(status.asReader().getConditions(), "ReplicaFailure").has_value();
    // The first message stays: each names the pod that could not be made, so a new one would be a change that brings
    // the next try.
    if (failure && !failing) {
      setCondition<apps_v1::ReplicaSetCondition>(
          status, {"ReplicaFailure", "True", failure->reason, failure->message, formatTime(now)});
    } else if (!failure && failing) {
      std::vector<apps_v1::ReplicaSetCondition::Reader> others;
      for (auto condition : set->getStatus().getConditions()) {
        if (view(condition.getType()) != "ReplicaFailure") others.push_back(condition);
      }
      status.adoptConditions(listOf<apps_v1::ReplicaSetCondition>(orphanageOf(*draft), others));
    }
    // Should an expected pod never be shown, nothing else would bring the next look.
    auto ahead = ahead_.find(str(set.uid()));
    if (ahead != ahead_.end() && !ahead->second.created.empty()) lookAgain(kLookAgain);
    if (capnp::toAny(draft.reader().getStatus()) == capnp::toAny(set->getStatus())) co_return result;
    // The metadata is written along, so it must be the newest; a newer set brings the next look by itself.
    Result<Object<ReplicaSet>> updated = co_await client_.updateStatus<ReplicaSet>(std::move(draft));
    if (!updated && !updated.error().is(404) && !updated.error().is(409)) co_return fail(updated.error());
    co_return result;
  }

  Client client_{context()};
  EventRecorder events_{context(), "replicaset-controller"};
  Informer<ReplicaSet> sets_{context()};
  Informer<Pod> pods_{context()};
  std::unordered_map<std::string, Ahead> ahead_;
};

}  // namespace

CLEAT_PLUGIN(ReplicaSetController, .name = "controller-replicaset", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "apps replicasets get,list,watch\napps replicasets/status update\n"
                 "- pods get,list,watch,create,update,delete\n- events create,patch,update\n");
