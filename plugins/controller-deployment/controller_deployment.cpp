// Rolls deployments out, by making and scaling replica sets.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/expectations.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/ownership.h>
#include <cleat/sdk/resync.h>

#include <algorithm>

#include "progress.h"
#include "replica_sets.h"
#include "rollout.h"

using namespace cleat;
using namespace cleat::deployment;
using core_v1::Pod;

namespace {

class DeploymentController : public ControllerPlugin {
 public:
  explicit DeploymentController(Context& context) : ControllerPlugin(context, "deployment", {.resync = kUsualResync}) {}

  Result<void> watch() override {
    controller().watch(deployments_);
    owned_.watch(controller());
    // Recreate waits for the old pods to be gone.
    controller().watch(pods_, [this](const Object<Pod>& pod) { return deploymentOfPod(pod); });
    return {};
  }

 private:
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
      Claim<ReplicaSet> claim{.selector = *selector};
      CLEAT_CO_TRY(bool stays, co_await owned_.settle(deployment, std::move(claim)));
      if (!stays) co_return Reconciled();
    }
    // What was written a moment ago must be seen before more is decided on it.
    if (!ahead_.met(deployment.uid())) co_return Reconciled{std::chrono::milliseconds(10)};
    Sets sets = sortOut(deployment, owned_.of(deployment));
    if (deletionPending(deployment.meta())) {
      std::vector<Milestone> none;
      co_return co_await report(deployment, sets, none, Phase::noRollout);
    }

    Rollout rollout({client_, events_, podsOf_, ahead_}, deployment, std::move(sets));
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
  Informer<Pod> pods_{context(), {.only = mayBelongTo<ReplicaSet>}};
  Ownership<Deployment, ReplicaSet> owned_{context(), deployments_, sets_};
  Ownership<ReplicaSet, Pod> podsOf_{context(), sets_, pods_};
  Expectations ahead_{deployments_.any(), sets_.any()};
};

}  // namespace

CLEAT_PLUGIN(DeploymentController, .name = "controller-deployment", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "apps deployments get,list,watch\napps deployments/status update\n"
                 "apps replicasets get,list,watch,create,update,delete\n- pods get,list,watch\n"
                 "- events create,patch,update\n");
