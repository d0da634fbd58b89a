// Rolls deployments out, by making and scaling replica sets.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/selector.h>

#include <algorithm>

#include "progress.h"
#include "replica_sets.h"
#include "rollout.h"

using namespace cleat;
using namespace cleat::deployment;
using core_v1::Pod;

namespace {

std::string orphansOf(std::string_view ns) { return concat("orphans/", ns); }

class DeploymentController : public ControllerPlugin {
 public:
  explicit DeploymentController(Context& context) : ControllerPlugin(context, "deployment") {}

  Result<void> watch() override {
    auto owner = [](const AnyRef& object) {
      auto reference = controllerOf(object.meta());
      return std::vector<std::string>{reference ? str(reference->getUid()) : orphansOf(object.ns())};
    };
    sets_.addIndex("owner", owner);
    pods_.addIndex("owner", owner);
    sets_.onChange([this](const Object<ReplicaSet>& before, const Object<ReplicaSet>& now) {
      if (!now) ahead_.erase(str(before.uid()));
    });
    controller().watch(deployments_);
    controller().watch(sets_, [this](const Object<ReplicaSet>& set) { return deploymentsOf(set); });
    // Recreate waits for the old pods to be gone.
    controller().watch(pods_, [this](const Object<Pod>& pod) { return deploymentOfPod(pod); });
    return {};
  }

 private:
  std::vector<std::string> deploymentsOf(const Object<ReplicaSet>& set) {
    std::vector<std::string> keys;
    if (auto owner = controllerOf(set.meta())) {
      if (view(owner->getKind()) == "Deployment") keys.push_back(keyOf(set.ns(), view(owner->getName())));
      return keys;
    }
    for (const Object<Deployment>& deployment : deployments_.list(set.ns())) {
      auto selector = LabelSelector::compile(deployment->getSpec().getSelector());
      if (selector && !selector->matchesEverything() && selector->matches(set)) keys.push_back(deployment.key());
    }
    return keys;
  }

  std::string deploymentOfPod(const Object<Pod>& pod) {
    auto owner = controllerOf(pod.meta());
    if (!owner || view(owner->getKind()) != "ReplicaSet") return "";
    Object<ReplicaSet> set = sets_.get(pod.ns(), view(owner->getName()));
    auto above = set ? controllerOf(set.meta()) : std::nullopt;
    if (!above || view(above->getKind()) != "Deployment") return "";
    Object<Deployment> deployment = deployments_.get(pod.ns(), view(above->getName()));
    if (!deployment || view(deployment->getSpec().getStrategy().getType()) != "Recreate") return "";
    return deployment.key();
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<Deployment> deployment = deployments_.get(key);
    if (!deployment) co_return Reconciled();
    auto selector = LabelSelector::compile(deployment->getSpec().getSelector());
    if (!selector || selector->matchesEverything()) co_return Reconciled();
    if (!deletionPending(deployment.meta())) {
      CLEAT_CO_TRY(co_await settleOwnership(deployment, *selector));
    }
    Sets sets = sortOut(deployment, sets_.byIndex("owner", deployment.uid()));
    // What was written a moment ago must be seen before more is decided on it.
    for (const Object<ReplicaSet>& set : sets.all()) {
      if (auto ahead = ahead_.find(str(set.uid())); ahead != ahead_.end()) {
        if (set.revision() < ahead->second) co_return Reconciled{std::chrono::milliseconds(10)};
        ahead_.erase(ahead);
      }
    }
    if (deletionPending(deployment.meta())) {
      std::vector<Milestone> none;
      co_return co_await report(deployment, sets, none, Phase::noRollout);
    }

    Rollout rollout({client_, events_, pods_, ahead_}, deployment, std::move(sets));
    Result<void> done = co_await rollout.run();
    if (!done) {
      (void)co_await write(deployment, withMilestones(deployment, rollout.milestones(), context().wallNow()));
      co_return fail(done.error());
    }
    if (deployment->getSpec().getPaused() || complete(deployment, deployment->getStatus())) {
      CLEAT_CO_TRY(co_await cleanUp(deployment, rollout.sets()));
    }
    co_return co_await report(deployment, rollout.sets(), rollout.milestones(), rollout.phase());
  }

  // Takes sets that match and belong to nobody, and lets go of its own whose labels were changed so that they do not
  // match. What follows counts on having seen that.
  Task<Result<void>> settleOwnership(Object<Deployment> deployment, LabelSelector selector) {
    std::vector<Draft<ReplicaSet>> changed;
    for (const Object<ReplicaSet>& set : sets_.byIndex("owner", orphansOf(deployment.ns()))) {
      if (deletionPending(set.meta()) || !selector.matches(set)) continue;
      setController(changed.emplace_back(set).meta(), deployment);
    }
    if (!changed.empty()) {
      // A deployment that is being deleted must not take the sets that its deletion has just orphaned.
      CLEAT_CO_TRY(auto live, co_await client_.get<Deployment>(deployment.ns(), deployment.name()));
      if (live.uid() != deployment.uid() || deletionPending(live.meta())) changed.clear();
    }
    for (const Object<ReplicaSet>& set : sets_.byIndex("owner", deployment.uid())) {
      if (deletionPending(set.meta()) || selector.matches(set)) continue;
      removeOwner(changed.emplace_back(set).meta(), deployment.uid());
    }
    uint64_t revision = 0;
    for (Draft<ReplicaSet>& draft : changed) {
      Result<Object<ReplicaSet>> updated = co_await client_.update<ReplicaSet>(std::move(draft));
      if (!updated && !updated.error().is(404)) co_return fail(updated.error());
      if (updated) revision = std::max(revision, updated->revision());
    }
    if (!co_await sets_.waitFor(revision)) {
      co_return fail(Status::timeout("the replica sets taken over or let go are not seen"));
    }
    co_return Result<void>();
  }

  Task<Result<void>> cleanUp(const Object<Deployment>& deployment, const Sets& sets) {
    const int64_t limit = valueOr(deployment->getSpec().getRevisionHistoryLimit(), 10);
    std::vector<Object<ReplicaSet>> kept;
    for (const Object<ReplicaSet>& set : sets.old) {
      if (!deletionPending(set.meta())) kept.push_back(set);
    }
    std::ranges::sort(kept, {}, [](const Object<ReplicaSet>& set) { return revisionOf(set); });
    for (int64_t i = 0; i < static_cast<int64_t>(kept.size()) - limit; ++i) {
      const Object<ReplicaSet>& set = kept[i];
      const bool unused = wantedOf(set) == 0 && set->getStatus().getReplicas() == 0 &&
                          set->getStatus().getObservedGeneration() >= set.meta().getGeneration();
      if (!unused) continue;
      DeleteOptions options;
      options.preconditionUid = set.uid();
      auto removed = co_await client_.remove<ReplicaSet>(set.ns(), set.name(), options);
      if (!removed && !removed.error().is(404)) co_return fail(removed.error());
    }
    co_return Result<void>();
  }

  Task<Result<Reconciled>> report(Object<Deployment> deployment, Sets sets, std::vector<Milestone> milestones,
                                  Phase phase) {
    Assessment assessment = assess(deployment, sets, milestones, phase, context().wallNow());
    if (sets.current && revisionOf(sets.current) > 0) {
      setAnnotation(assessment.draft.meta(), kRevision, std::to_string(revisionOf(sets.current)));
    }
    Reconciled result;
    result.requeueAfter = assessment.wait;
    CLEAT_CO_TRY(co_await write(deployment, std::move(assessment.draft)));
    co_return result;
  }

  // The status, and with it the revision, against the version that all was decided on: what somebody else has written
  // meanwhile is not overwritten, and brings the next look by itself.
  Task<Result<void>> write(Object<Deployment> deployment, Draft<Deployment> draft) {
    if (capnp::toAny(draft.reader().getStatus()) == capnp::toAny(deployment->getStatus()) &&
        annotation(draft.meta().asReader(), kRevision) == annotation(deployment.meta(), kRevision)) {
      co_return Result<void>();
    }
    auto updated = co_await client_.updateStatus<Deployment>(std::move(draft));
    if (!updated && !updated.error().is(404) && !updated.error().is(409)) co_return fail(updated.error());
    co_return Result<void>();
  }

  Client client_{context()};
  EventRecorder events_{context(), "deployment-controller"};
  Informer<Deployment> deployments_{context()};
  Informer<ReplicaSet> sets_{context()};
  Informer<Pod> pods_{context()};
  // By uid: the revision that the informer must have reached, because it was written here.
  std::map<std::string, uint64_t> ahead_;
};

}  // namespace

CLEAT_PLUGIN(DeploymentController, .name = "controller-deployment", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "apps deployments get,list,watch\napps deployments/status update\n"
                 "apps replicasets get,list,watch,create,update,delete\n- pods get,list,watch\n"
                 "- events create,patch,update\n");
