// Runs a pod of each DaemonSet on every node that it is meant for.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/controller_revisions.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/expectations.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/own_status.h>
#include <cleat/sdk/ownership.h>
#include <cleat/sdk/pod_control.h>
#include <cleat/sdk/pod_state.h>
#include <cleat/sdk/resync.h>

#include <algorithm>
#include <set>

#include "plan.h"

using namespace cleat;
using namespace cleat::daemonset;

namespace {

// Pods created or deleted in one go; the rest follows in the next round.
constexpr size_t kMostAtOnce = 250;

bool sameForPlacement(const Object<Node>& a, const Object<Node>& b) {
  return capnp::toAny(a.meta().getLabels()) == capnp::toAny(b.meta().getLabels()) &&
         capnp::toAny(a->getSpec().getTaints()) == capnp::toAny(b->getSpec().getTaints());
}

class DaemonSetController : public ControllerPlugin {
 public:
  explicit DaemonSetController(Context& context) : ControllerPlugin(context, "daemonset", {.resync = kUsualResync}) {}

  Result<void> watch() override {
    nodes_.onChange([this](const Object<Node>& before, const Object<Node>& now) { nodeChanged(before, now); });
    controller().watch(sets_);
    controller().needs(nodes_);
    pods_.watch(controller());
    revisionInformer_.onChange([this](const Object<ControllerRevision>& before, const Object<ControllerRevision>& now) {
      // One that has just been made has its owner already, which made it.
      if (!before && controllerOf(now.meta())) return;
      for (const std::string& key : revisions_.ownersConcerned(before, now)) controller().enqueue(key);
    });
    controller().needs(revisionInformer_);
    return {};
  }

 private:
  // What a pass works with.
  struct Pass {
    Object<DaemonSet> set;
    LabelSelector selector;
    CurrentRevision current;
    Generation generation;
    Duration lookAgain{};
  };

  // Nodes report all the time; only what pods are placed by is of interest.
  void nodeChanged(const Object<Node>& before, const Object<Node>& now) {
    if (!nodes_.synced() || !sets_.synced()) return;  // every set has its first turn yet
    if (before && now && sameForPlacement(before, now)) return;
    sets_.forEach([&](const Object<DaemonSet>& set) {
      const Placement placement(set);
      const Verdict was = before ? placement.on(before) : Verdict();
      if (!now || was != placement.on(now)) controller().enqueue(set.key());
    });
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<DaemonSet> set = sets_.get(key);
    // Whether its pods and revisions are deleted or orphaned is not for it to say any more.
    if (!set || deletionPending(set.meta())) co_return Reconciled();
    CLEAT_CO_TRY(LabelSelector selector, LabelSelector::compile(set->getSpec().getSelector()));
    if (selector.matchesEverything()) {
      events_.warning(set, "SelectingAll", "This daemon set is selecting all pods. A non-empty selector is required.");
      co_return Reconciled();
    }
    Claim<ControllerRevision> revisions{.selector = selector};
    CLEAT_CO_TRY(bool keepsRevisions, co_await revisions_.settle(set, std::move(revisions)));
    Claim<Pod> pods{.selector = selector};
    CLEAT_CO_TRY(bool keepsPods, co_await pods_.settle(set, std::move(pods)));
    if (!keepsRevisions || !keepsPods) co_return Reconciled();
    CLEAT_CO_TRY(CurrentRevision current, co_await currentRevision(set));
    Object<DaemonSet> now = sets_.get(key);
    if (!now || now.uid() != set.uid()) co_return Reconciled();
    const std::string_view hash = label(current.revision.meta(), kRevisionHashLabel).value_or(current.revision.name());
    Pass pass{set, std::move(selector), current, generationOf(set, hash)};
    co_return co_await proceed(std::move(pass));
  }

  Task<Result<CurrentRevision>> currentRevision(Object<DaemonSet> set) {
    auto pattern = set->getSpec().getTemplate();
    RevisionState state{templatePatch(pattern), pattern.getMetadata().getLabels(), kRevisionHashLabel,
                        set.meta().getAnnotations()};
    co_return co_await history_.ensure(set, revisions_.of(set), std::move(state),
                                       valueOr(set->getStatus().getCollisionCount(), 0));
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

  Task<Result<void>> act(Pass& pass) {
    failed_.forgetOld(context().now());
    CLEAT_CO_TRY(co_await mergeDuplicates(pass));
    const Placement placement(pass.set);
    Actions actions = keepNodesManned(situation(pass, placement), failed_);
    lookAgainAfter(pass, actions.lookAgain);
    CLEAT_CO_TRY(co_await carryOut(pass, placement, std::move(actions)));
    if (ahead_.met(pass.set.uid())) {
      Actions steps = rollForward(situation(pass, placement));
      CLEAT_CO_TRY(co_await carryOut(pass, placement, std::move(steps)));
    }
    co_return co_await cleanUp(pass);
  }

  // Where several revisions hold the current state, the pods of all of them are of the newest, and the others go.
  Task<Result<void>> mergeDuplicates(Pass& pass) {
    const Object<ControllerRevision> current = pass.current.revision;
    for (const Object<ControllerRevision>& other : revisions_.of(pass.set)) {
      if (other.uid() == current.uid() || !sameData(view(other->getData()), view(current->getData()))) continue;
      uint64_t seen = 0;
      for (const Object<Pod>& pod : pods_.of(pass.set)) {
        if (label(pod.meta(), kRevisionHashLabel) == pass.generation.hash) continue;
        if (label(pod.meta(), kRevisionHashLabel) != label(other.meta(), kRevisionHashLabel)) continue;
        Draft<Pod> draft(pod);
        setLabel(draft.meta(), kRevisionHashLabel, pass.generation.hash);
        CLEAT_CO_TRY(Object<Pod> updated, co_await client_.update<Pod>(std::move(draft)));
        seen = std::max(seen, updated.revision());
      }
      (void)co_await podInformer_.waitFor(seen);
      std::vector<Object<ControllerRevision>> duplicate{other};
      CLEAT_CO_TRY(co_await history_.truncate(std::move(duplicate), 0));
    }
    co_return Result<void>();
  }

  Situation situation(const Pass& pass, const Placement& placement) {
    Situation now{pass.set, pass.generation, {}, context().now(), context().wallNow()};
    nodes_.forEach(
        [&](const Object<Node>& node) { now.nodes[str(node.name())] = NodeState{node, placement.on(node), {}}; });
    for (const Object<Pod>& pod : pods_.of(pass.set)) {
      std::string_view node = nodeOf(pod);
      if (node.empty() || !pass.selector.matches(pod) || (isTerminal(pod) && deletionPending(pod.meta()))) continue;
      now.nodes[str(node)].pods.push_back(pod);
    }
    return now;
  }

  Task<Result<void>> carryOut(Pass& pass, const Placement& placement, Actions actions) {
    for (const Note& note : actions.events) {
      events_.record(referenceTo(pass.set), note.type, note.reason, note.message);
    }
    auto make = [&](size_t index) { return placement.podFor(actions.create[index], pass.generation); };
    Result<void> made = co_await control_.createMany(pass.set, std::min(actions.create.size(), kMostAtOnce), make);
    if (actions.remove.size() > kMostAtOnce) actions.remove.resize(kMostAtOnce);
    Result<void> gone = co_await control_.removeMany(pass.set, std::move(actions.remove));
    co_return made ? gone : made;
  }

  // The revisions that no pod runs by go, beyond as many as are to be kept.
  Task<Result<void>> cleanUp(Pass& pass) {
    std::set<std::string, std::less<>> live;
    for (const Object<Pod>& pod : pods_.of(pass.set)) {
      if (auto hash = label(pod.meta(), kRevisionHashLabel)) live.emplace(*hash);
    }
    std::vector<Object<ControllerRevision>> idle;
    int64_t limit = valueOr(pass.set->getSpec().getRevisionHistoryLimit(), 10);
    for (const Object<ControllerRevision>& revision : revisions_.of(pass.set)) {
      if (revision.uid() == pass.current.revision.uid()) continue;
      if (live.contains(label(revision.meta(), kRevisionHashLabel).value_or(""))) {
        --limit;
      } else {
        idle.push_back(revision);
      }
    }
    co_return co_await history_.truncate(std::move(idle), std::max<int64_t>(limit, 0));
  }

  Task<Result<void>> report(Pass& pass, bool acted) {
    const Numbers numbers = count(situation(pass, Placement(pass.set)));
    lookAgainAfter(pass, numbers.lookAgain);
    Draft<DaemonSet> draft(pass.set);
    auto status = draft->getStatus();
    if (acted) status.setObservedGeneration(pass.set.meta().getGeneration());
    status.setDesiredNumberScheduled(numbers.desired);
    status.setCurrentNumberScheduled(numbers.current);
    status.setNumberMisscheduled(numbers.misscheduled);
    status.setNumberReady(numbers.ready);
    status.setUpdatedNumberScheduled(numbers.updated);
    status.setNumberAvailable(numbers.available);
    status.setNumberUnavailable(numbers.desired - numbers.available);
    if (pass.current.collisions > 0) status.initCollisionCount().setValue(pass.current.collisions);
    co_return co_await writeStatus(client_, pass.set, std::move(draft));
  }

  static void lookAgainAfter(Pass& pass, Duration wait) {
    const bool sooner = pass.lookAgain == Duration::zero() || wait < pass.lookAgain;
    if (wait > Duration::zero() && sooner) pass.lookAgain = wait;
  }

  Client client_{context()};
  EventRecorder events_{context(), "daemonset-controller"};
  Informer<DaemonSet> sets_{context()};
  Informer<Node> nodes_{context()};
  Informer<Pod> podInformer_{context(), {.only = mayBelongTo<DaemonSet>}};
  Informer<ControllerRevision> revisionInformer_{context()};
  Ownership<DaemonSet, Pod> pods_{context(), sets_, podInformer_};
  Ownership<DaemonSet, ControllerRevision> revisions_{context(), sets_, revisionInformer_};
  Expectations ahead_{sets_.any(), podInformer_.any()};
  PodControl control_{context(), KindOf<DaemonSet>::resource, events_, ahead_};
  RevisionHistory history_{context(), KindOf<DaemonSet>::resource};
  FailedPods failed_;
};

}  // namespace

CLEAT_PLUGIN(DaemonSetController, .name = "controller-daemonset", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "apps daemonsets get,list,watch\napps daemonsets/status update\n"
                 "apps controllerrevisions get,list,watch,create,update,delete\n- nodes list,watch\n"
                 "- pods list,watch,create,update,delete\n- events create,patch,update\n");
