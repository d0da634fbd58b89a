// Runs the numbered pods of each StatefulSet, with the names and the storage that they keep.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/controller_revisions.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/expectations.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/own_status.h>
#include <cleat/sdk/ownership.h>
#include <cleat/sdk/resync.h>
#include <cleat/sdk/slow_start.h>

#include <algorithm>
#include <set>

#include "claims.h"
#include "plan.h"

using namespace cleat;
using namespace cleat::statefulset;

namespace {

constexpr std::string_view kHashLabel = "controller.kubernetes.io/hash";

class StatefulSetController : public ControllerPlugin {
 public:
  explicit StatefulSetController(Context& context)
      : ControllerPlugin(context, "statefulset", {.resync = kUsualResync}) {}

  Result<void> watch() override {
    controller().watch(sets_);
    pods_.watch(controller());
    revisionInformer_.onChange([this](const Object<ControllerRevision>& before, const Object<ControllerRevision>& now) {
      // One that has just been made has its owner already, which made it.
      if (!before && controllerOf(now.meta())) return;
      for (const std::string& key : revisions_.ownersConcerned(before, now)) controller().enqueue(key);
    });
    controller().needs(revisionInformer_);
    claims_.informer().onChange(
        [this](const Object<PersistentVolumeClaim>& before, const Object<PersistentVolumeClaim>& now) {
          if (!now) claimGone(before);
        });
    controller().needs(claims_.informer());
    return {};
  }

 private:
  // What a pass works with.
  struct Pass {
    Object<StatefulSet> set;
    CurrentRevision update;              // the state that the set asks for
    Object<ControllerRevision> current;  // the one that pods have which no update has reached
    Duration lookAgain{};
  };

  // A pod may have waited for the claim to go, or may need a new one.
  void claimGone(const Object<PersistentVolumeClaim>& claim) {
    sets_.forEach([&](const Object<StatefulSet>& set) {
      if (set.ns() != claim.ns()) return;
      for (auto pattern : set->getSpec().getVolumeClaimTemplates()) {
        const std::string name = str(pattern.getMetadata().getName());
        if (ordinalIn(concat(name, "-", set.name()), claim.name())) controller().enqueue(set.key());
      }
    });
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<StatefulSet> set = sets_.get(key);
    if (!set) co_return Reconciled();
    // Whether its pods and revisions are deleted or orphaned is not for it to say any more.
    if (deletionPending(set.meta())) co_return co_await reportLast(set);
    CLEAT_CO_TRY(LabelSelector selector, LabelSelector::compile(set->getSpec().getSelector()));
    Claim<ControllerRevision> revisions{.selector = selector};
    CLEAT_CO_TRY(bool keepsRevisions, co_await revisions_.settle(set, std::move(revisions)));
    Claim<Pod> pods{.selector = selector,
                    .fits = [set](const Object<Pod>& pod) { return ordinalOf(set, pod).has_value(); }};
    CLEAT_CO_TRY(bool keepsPods, co_await pods_.settle(set, std::move(pods)));
    if (!keepsRevisions || !keepsPods) co_return Reconciled();
    CLEAT_CO_TRY(CurrentRevision update, co_await updateRevision(set));
    Object<StatefulSet> now = sets_.get(key);
    if (!now || now.uid() != set.uid()) co_return Reconciled();
    Pass pass{set, update, currentRevision(set, update.revision)};
    co_return co_await proceed(std::move(pass));
  }

  Task<Result<CurrentRevision>> updateRevision(Object<StatefulSet> set) {
    auto pattern = set->getSpec().getTemplate();
    RevisionState state{templatePatch(pattern), pattern.getMetadata().getLabels(), kHashLabel,
                        set.meta().getAnnotations()};
    co_return co_await history_.ensure(set, revisions_.of(set), std::move(state),
                                       valueOr(set->getStatus().getCollisionCount(), 0));
  }

  // As the status names it; in the beginning, or when it has been lost, it is the one that the set asks for.
  Object<ControllerRevision> currentRevision(const Object<StatefulSet>& set,
                                             const Object<ControllerRevision>& update) const {
    const std::string_view name = view(set->getStatus().getCurrentRevision());
    for (const Object<ControllerRevision>& revision : revisions_.of(set)) {
      if (revision.name() == name) return revision;
    }
    return update;
  }

  Task<Result<Reconciled>> proceed(Pass pass) {
    // What was written a moment ago must be seen before more is decided on it: until then only the numbers are told,
    // and not that this generation was acted on.
    const bool ready = ahead_.met(pass.set.uid());
    Result<void> done;
    if (ready) done = co_await act(pass);
    Result<void> told = co_await report(pass, ready);
    if (!done) co_return fail(done.error());
    if (!told) co_return fail(told.error());
    if (!ahead_.met(pass.set.uid())) lookAgainAfter(pass, Expectations::kLookAgain);
    co_return Reconciled{pass.lookAgain};
  }

  Situation situation(const Pass& pass) {
    Situation now{pass.set, str(pass.current.name()), str(pass.update.revision.name()), pods_.of(pass.set),
                  context().wallNow()};
    if (pass.set->getSpec().getVolumeClaimTemplates().size() == 0) return now;
    const Object<StatefulSet> set = pass.set;
    now.claimsMissing = [this, set](int64_t ordinal) { return claims_.isMissing(set, ordinal); };
    now.claimsStale = [this, set](int64_t ordinal) { return claims_.areStale(set, ordinal); };
    now.claimsOwned = [this, set](const Object<Pod>& pod) { return claims_.ownersSettled(set, pod); };
    return now;
  }

  Task<Result<void>> act(Pass& pass) {
    const Actions actions = plan(situation(pass));
    for (const Object<Pod>& pod : actions.claim) {
      CLEAT_CO_TRY(co_await claims_.ensure(pass.set, ordinalOf(pass.set, pod).value_or(0)));
    }
    for (const Object<Pod>& pod : actions.repair) {
      CLEAT_CO_TRY(co_await repair(pass.set, pod));
    }
    if (!actions.create.empty()) {
      CLEAT_CO_TRY(Patterns patterns, patternsOf(pass));
      auto makeOne = [&](size_t index) { return create(pass, patterns, actions.create[index]); };
      CLEAT_CO_TRY(co_await slowStart(actions.create.size(), makeOne));
    }
    auto removeOne = [&](size_t index) { return remove(pass.set, actions.remove[index]); };
    CLEAT_CO_TRY(co_await slowStart(actions.remove.size(), removeOne));
    co_return co_await cleanUp(pass);
  }

  // -- Pods --

  struct Patterns {
    Object<core_v1::PodTemplateSpec> current, update;
  };
  static Result<Patterns> patternsOf(const Pass& pass) {
    Draft<core_v1::PodTemplateSpec> update(pass.set->getSpec().getTemplate());
    Patterns patterns{{}, std::move(update).freeze()};
    if (pass.current.uid() == pass.update.revision.uid()) {
      patterns.current = patterns.update;
      return patterns;
    }
    CLEAT_TRY(auto current, templateIn(view(pass.current->getData())));
    patterns.current = std::move(current).freeze();
    return patterns;
  }

  Task<Result<void>> create(const Pass& pass, const Patterns& patterns, NewPod wanted) {
    const Object<StatefulSet> set = pass.set;
    const std::string name = podName(set, wanted.ordinal);
    Result<void> claimed = co_await claims_.ensure(set, wanted.ordinal);
    if (!claimed) {
      tell("Create", set, name, claimed);
      co_return claimed;
    }
    Draft<Pod> pod = podFor(set, wanted.updated ? *patterns.update : *patterns.current,
                            wanted.updated ? pass.update.revision.name() : pass.current.name(), wanted.ordinal);
    Result<Object<Pod>> made = co_await client_.create<Pod>(std::move(pod));
    if (!made) {
      // Whoever has the name will give it up one day; it is no news each time.
      if (made.error().reason != "AlreadyExists") tell("Create", set, name, fail(made.error()));
      co_return fail(made.error());
    }
    ahead_.created(set, *made);
    tell("Create", set, name, {});
    Result<void> owned = co_await claims_.settleOwners(set, *made);
    if (!owned) tell("Update", set, name, owned);
    co_return owned;
  }

  Task<Result<void>> repair(Object<StatefulSet> set, Object<Pod> pod) {
    Result<void> owned = co_await claims_.settleOwners(set, pod);
    CLEAT_CO_TRY(owned);
    const int64_t ordinal = ordinalOf(set, pod).value_or(0);
    if (!ordinalsOf(set).contains(ordinal) || (hasIdentity(pod) && hasStorage(set, pod))) co_return Result<void>();
    Result<void> done = co_await claims_.ensure(set, ordinal);
    if (done) {
      Draft<Pod> draft = repaired(set, pod);
      auto updated = co_await client_.update<Pod>(std::move(draft));
      if (updated) ahead_.updated(set, *updated);
      if (!updated) done = fail(updated.error());
    }
    tell("Update", set, pod.name(), done);
    co_return done;
  }

  Task<Result<void>> remove(Object<StatefulSet> set, Object<Pod> pod) {
    ahead_.deleting(set, pod);
    DeleteOptions options;
    options.preconditionUid = pod.uid();
    Result<Object<Pod>> gone = co_await client_.remove<Pod>(pod.ns(), pod.name(), options);
    Result<void> done;
    if (!gone) {
      ahead_.notDeleted(pod);
      if (gone.error().is(404)) co_return Result<void>();
      done = fail(gone.error());
    }
    tell("Delete", set, pod.name(), done);
    co_return done;
  }

  void tell(std::string_view verb, const Object<StatefulSet>& set, std::string_view pod, const Result<void>& outcome) {
    const std::string begin = concat(verb, " Pod ", pod, " in StatefulSet ", set.name());
    if (outcome) {
      events_.normal(set, concat("Successful", verb), concat(begin, " successful"));
    } else if (!namespaceEnds(outcome.error())) {
      events_.warning(set, concat("Failed", verb), concat(begin, " failed error: ", outcome.error().message));
    }
  }

  // -- History and status --

  // The revisions that no pod runs by go, but for as many as are to be kept.
  Task<Result<void>> cleanUp(const Pass& pass) {
    const int64_t limit = valueOr(pass.set->getSpec().getRevisionHistoryLimit(), 10);
    if (limit < 0) co_return Result<void>();
    std::set<std::string, std::less<>> live{str(pass.current.name()), str(pass.update.revision.name())};
    for (const Object<Pod>& pod : pods_.of(pass.set)) {
      if (auto revision = label(pod.meta(), kRevisionHashLabel)) live.emplace(*revision);
    }
    std::vector<Object<ControllerRevision>> idle;
    for (const Object<ControllerRevision>& revision : revisions_.of(pass.set)) {
      if (!live.contains(revision.name())) idle.push_back(revision);
    }
    co_return co_await history_.truncate(std::move(idle), limit);
  }

  Task<Result<void>> report(Pass& pass, bool acted) {
    Numbers numbers = count(situation(pass));
    lookAgainAfter(pass, numbers.lookAgain);
    std::string_view current = pass.current.name();
    const std::string_view update = pass.update.revision.name();
    if (isUpdateComplete(pass.set, numbers)) {
      numbers.current = numbers.updated;
      current = update;
    }
    Draft<StatefulSet> draft(pass.set);
    auto status = draft->getStatus();
    if (acted) status.setObservedGeneration(pass.set.meta().getGeneration());
    fill(status, numbers);
    status.setCurrentRevision(str(current));
    status.setUpdateRevision(str(update));
    status.initCollisionCount().setValue(pass.update.collisions);
    co_return co_await writeStatus(client_, pass.set, std::move(draft));
  }

  // Of a set that is being deleted: whoever waits for its pods to go sees how far it is.
  Task<Result<Reconciled>> reportLast(Object<StatefulSet> set) {
    auto said = set->getStatus();
    const Situation last{set, str(said.getCurrentRevision()), str(said.getUpdateRevision()), pods_.of(set),
                         context().wallNow()};
    const Numbers numbers = count(last);
    Draft<StatefulSet> draft(set);
    fill(draft->getStatus(), numbers);
    CLEAT_CO_TRY(co_await writeStatus(client_, set, std::move(draft)));
    co_return Reconciled();
  }

  static void fill(apps_v1::StatefulSetStatus::Builder status, const Numbers& numbers) {
    status.setReplicas(numbers.replicas);
    status.setReadyReplicas(numbers.ready);
    status.setAvailableReplicas(numbers.available);
    status.setCurrentReplicas(numbers.current);
    status.setUpdatedReplicas(numbers.updated);
  }

  static void lookAgainAfter(Pass& pass, Duration wait) {
    const bool sooner = pass.lookAgain == Duration::zero() || wait < pass.lookAgain;
    if (wait > Duration::zero() && sooner) pass.lookAgain = wait;
  }

  Client client_{context()};
  EventRecorder events_{context(), "statefulset-controller"};
  Informer<StatefulSet> sets_{context()};
  Informer<Pod> podInformer_{context(), {.only = mayBelongTo<StatefulSet>}};
  Informer<ControllerRevision> revisionInformer_{context()};
  Claims claims_{context(), events_};
  Ownership<StatefulSet, Pod> pods_{context(), sets_, podInformer_};
  Ownership<StatefulSet, ControllerRevision> revisions_{context(), sets_, revisionInformer_};
  Expectations ahead_{sets_.any(), podInformer_.any()};
  RevisionHistory history_{context(), KindOf<StatefulSet>::resource};
};

}  // namespace

CLEAT_PLUGIN(StatefulSetController, .name = "controller-statefulset", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "apps statefulsets get,list,watch\napps statefulsets/status update\n"
                 "apps controllerrevisions get,list,watch,create,update,delete\n"
                 "- pods list,watch,create,update,delete\n- persistentvolumeclaims list,watch,create,update\n"
                 "- events create,patch,update\n");
