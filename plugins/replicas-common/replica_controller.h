// The controller of a kind that keeps a number of like pods running: ReplicaSet, and ReplicationController, which is
// the same with an older schema. A plugin derives from it and names itself:
//
//   class ReplicaSetController : public ReplicaController<apps_v1::ReplicaSet, apps_v1::ReplicaSetCondition> {
//    public:
//     explicit ReplicaSetController(Context& context)
//         : ReplicaController(context, {.name = "replicaset", .component = "replicaset-controller"}) {}
//   };
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/expectations.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/own_status.h>
#include <cleat/sdk/ownership.h>
#include <cleat/sdk/pod_control.h>
#include <cleat/sdk/pod_state.h>
#include <cleat/sdk/pod_template.h>
#include <cleat/sdk/resync.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "pod_ledger.h"
#include "replica_counts.h"

namespace cleat {

struct ReplicaControllerNames {
  std::string name;       // in the log
  std::string component;  // in events
};

template <class Set, class Condition>
class ReplicaController : public ControllerPlugin {
 public:
  ReplicaController(Context& context, const ReplicaControllerNames& names)
      : ControllerPlugin(context, names.name, {.resync = kUsualResync}), events_(context, names.component) {}

  Result<void> watch() override {
    sets_.addIndex("owner", [](const Object<Set>& set) {
      auto owner = controllerOf(set.meta());
      return owner ? std::vector{str(owner->getUid())} : std::vector<std::string>();
    });
    controller().watch(sets_);
    owned_.watch(controller());
    return {};
  }

 private:
  using Pod = core_v1::Pod;
  using Pods = std::vector<Object<Pod>>;

  // Pods created or deleted in one go, before the status says how far it is; the rest follows in the next round.
  static constexpr int64_t kMostCreated = 2000, kMostDeleted = 500;
  static constexpr const char* kFailure = "ReplicaFailure";

  using KnownPods = std::vector<const KnownPod*>;

  struct Failure {
    std::string reason, message;
  };

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<Set> set = sets_.get(key);
    if (!set) co_return Reconciled();
    CLEAT_CO_TRY(LabelSelector selector, selectorOf(set));
    const PodJudge judge{set.meta().getGeneration(), selector,
                         LabelSelector::fromMap(set->getSpec().getTemplate().getMetadata().getLabels())};
    const bool leaving = deletionPending(set.meta());
    if (!leaving) {
      Claim<Pod> claim{.selector = selector, .concerns = isActive, .keepsAll = ownsOnlySelected(set, judge)};
      CLEAT_CO_TRY(bool stays, co_await owned_.settle(set, std::move(claim)));
      if (!stays) co_return Reconciled();
      Object<Set> now = sets_.get(key);
      if (!now || now.uid() != set.uid()) co_return Reconciled();
    }
    const int64_t wanted = valueOr(set->getSpec().getReplicas(), 1);
    const KnownPods active = activeOf(set, judge);
    const auto minReady = std::chrono::seconds(set->getSpec().getMinReadySeconds());
    const ReplicaCounts counts = countReplicas(active, ledger_.of(set.uid()), minReady, context().wallNow());
    const int64_t have = static_cast<int64_t>(active.size() + ahead_.unseen(set.uid()));
    Pods leftOver;
    if (have > wanted) leftOver = toDelete(set, active, have - wanted);  // what is known is gone after the first wait
    Result<void> done;
    if (!leaving && have < wanted) done = co_await createPods(set, wanted - have);
    if (!leaving && have > wanted) done = co_await control_.removeMany(set, std::move(leftOver));
    if (done) co_return co_await report(set, counts, std::nullopt);
    const Failure failure{have < wanted ? "FailedCreate" : "FailedDelete", done.error().message};
    (void)co_await report(set, counts, failure);
    co_return fail(done.error());
  }

  bool ownsOnlySelected(const Object<Set>& set, const PodJudge& judge) {
    return std::ranges::all_of(ledger_.of(set.uid(), judge),
                               [](const KnownPod& pod) { return pod.isSelected || !pod.traits.isActive; });
  }

  // Those that count, without those that have been deleted and do not show it yet.
  KnownPods activeOf(const Object<Set>& set, const PodJudge& judge) {
    KnownPods active;
    for (const KnownPod& pod : ledger_.of(set.uid(), judge)) {
      if (pod.isSelected && pod.traits.isActive && !ahead_.isDeleting(pod.pod)) active.push_back(&pod);
    }
    return active;
  }

  Task<Result<void>> createPods(Object<Set> set, int64_t count) {
    auto make = [set](size_t) { return podFromTemplate(set); };
    co_return co_await control_.createMany(set, static_cast<size_t>(std::min(count, kMostCreated)), make);
  }

  Pods toDelete(const Object<Set>& set, const KnownPods& active, int64_t count) {
    std::vector<const DeletionTraits*> traits;
    for (const KnownPod* pod : active) traits.push_back(&pod->traits);
    Pods first;
    for (const size_t place : firstToDelete(traits, related(set, traits), context().wallNow(),
                                            static_cast<size_t>(std::min(count, kMostDeleted)))) {
      first.push_back(active[place]->pod);
    }
    return first;
  }

  // The pods of all generations of the same Deployment, or else the set's own.
  std::vector<const DeletionTraits*> related(const Object<Set>& set, const std::vector<const DeletionTraits*>& active) {
    auto owner = controllerOf(set.meta());
    if (!owner) return active;
    std::vector<const DeletionTraits*> traits;
    for (const Object<Set>& other : sets_.byIndex("owner", view(owner->getUid()))) {
      for (const KnownPod& pod : ledger_.of(other.uid())) traits.push_back(&pod.traits);
    }
    return traits;
  }

  Task<Result<Reconciled>> report(Object<Set> set, ReplicaCounts counts, std::optional<Failure> failure) {
    Draft<Set> draft(set);
    auto status = draft->getStatus();
    status.setReplicas(counts.replicas);
    status.setFullyLabeledReplicas(counts.labelled);
    status.setReadyReplicas(counts.ready);
    status.setAvailableReplicas(counts.available);
    if constexpr (requires { status.initTerminatingReplicas(); }) {
      status.initTerminatingReplicas().setValue(counts.terminating);
    }
    status.setObservedGeneration(set.meta().getGeneration());
    if (!failure) {
      removeCondition<Condition>(status, kFailure);
    } else if (!findCondition(status.asReader().getConditions(), kFailure)) {
      // The first failure stays: each names the pod that could not be made, so a new one would be a change that brings
      // the next try.
      setCondition<Condition>(status,
                              {kFailure, "True", failure->reason, failure->message, formatTime(context().wallNow())});
    }
    Reconciled result{counts.nextAvailable.value_or(Duration::zero())};
    // Should an expected pod never be shown, nothing else would bring the next look.
    if (!ahead_.met(set.uid()) && (!counts.nextAvailable || result.requeueAfter > Expectations::kLookAgain)) {
      result.requeueAfter = Expectations::kLookAgain;
    }
    CLEAT_CO_TRY(co_await writeStatus(client_, set, std::move(draft)));
    co_return result;
  }

  Client client_{context()};
  EventRecorder events_;
  Informer<Set> sets_{context()};
  Informer<Pod> pods_{context(), {.only = mayBelongTo<Set>}};
  PodLedger ledger_{pods_};
  Ownership<Set, Pod> owned_{context(), sets_, pods_};
  Expectations ahead_{sets_.any(), pods_.any()};
  PodControl control_{context(), KindOf<Set>::resource, events_, ahead_};
};

}  // namespace cleat
