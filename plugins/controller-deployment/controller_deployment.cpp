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
#include "sizing.h"

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
    if (deletionPending(deployment.meta())) co_return co_await report(deployment, sets);

    Result<void> done;
    if (deployment->getSpec().getPaused() || scaled(deployment, sets)) {
      if (deployment->getSpec().getPaused()) done = co_await annotateCurrent(deployment, sets);
      if (done) done = co_await scaleInProportion(deployment, sets);
    } else if (view(deployment->getSpec().getStrategy().getType()) == "Recreate") {
      done = co_await recreate(deployment, sets);
    } else {
      done = co_await roll(deployment, sets);
    }
    CLEAT_CO_TRY(done);
    CLEAT_CO_TRY(co_await cleanUp(deployment, sets));
    co_return co_await report(deployment, sets);
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

  // The deployment was given another size while sets are up: they are told by the size that they remember.
  static bool scaled(const Object<Deployment>& deployment, const Sets& sets) {
    const std::string wanted = std::to_string(valueOr(deployment->getSpec().getReplicas(), 1));
    return std::ranges::any_of(sets.all(), [&](const Object<ReplicaSet>& set) {
      return wantedOf(set) > 0 && annotation(set.meta(), kDesired).value_or(wanted) != wanted;
    });
  }

  static int64_t maxPods(const Object<Deployment>& deployment) {
    const int64_t replicas = valueOr(deployment->getSpec().getReplicas(), 1);
    if (view(deployment->getSpec().getStrategy().getType()) == "Recreate") return replicas;
    return replicas + rollingBounds(deployment->getSpec(), replicas).maxSurge;
  }

  // The set of the current template exists and carries the newest revision; so does the deployment.
  Task<Result<void>> annotateCurrent(const Object<Deployment>& deployment, Sets& sets) {
    int64_t revision = 1;
    for (const Object<ReplicaSet>& set : sets.old) revision = std::max(revision, revisionOf(set) + 1);
    if (sets.current) {
      revision = std::max(revision, revisionOf(sets.current));
      Draft<ReplicaSet> draft(sets.current);
      const int64_t replicas = valueOr(deployment->getSpec().getReplicas(), 1);
      bool changed = annotateSet(draft.meta(), deployment, revision, replicas, maxPods(deployment));
      if (draft->getSpec().getMinReadySeconds() != deployment->getSpec().getMinReadySeconds()) {
        draft->getSpec().setMinReadySeconds(deployment->getSpec().getMinReadySeconds());
        changed = true;
      }
      if (changed) {
        CLEAT_CO_TRY(Object<ReplicaSet> updated, co_await client_.update<ReplicaSet>(std::move(draft)));
        remember(updated);
        sets.current = updated;
      }
    }
    co_return co_await setRevision(deployment, sets, revision);
  }

  Task<Result<void>> setRevision(Object<Deployment> deployment, const Sets& sets, int64_t revision) {
    if (!sets.current || revisionOf(deployment) == revision) co_return Result<void>();
    const std::string patch = concat("{\"metadata\":{\"annotations\":{\"", kRevision, "\":\"", revision, "\"}}}");
    CLEAT_CO_TRY(co_await client_.patch<Deployment>(deployment.ns(), deployment.name(), PatchType::merge, patch));
    co_return Result<void>();
  }

  Task<Result<void>> ensureCurrent(const Object<Deployment>& deployment, Sets& sets) {
    if (sets.current) co_return co_await annotateCurrent(deployment, sets);
    int64_t revision = 1;
    for (const Object<ReplicaSet>& set : sets.old) revision = std::max(revision, revisionOf(set) + 1);
    const int64_t replicas = valueOr(deployment->getSpec().getReplicas(), 1);
    int64_t first = replicas;
    if (view(deployment->getSpec().getStrategy().getType()) != "Recreate") {
      first = nextNewSize(replicas, rollingBounds(deployment->getSpec(), replicas), {}, sizes(sets.old));
    }
    Draft<ReplicaSet> draft = makeSet(deployment, revision, first, maxPods(deployment));
    const std::string name = str(draft.meta().asReader().getName());
    Result<Object<ReplicaSet>> made = co_await client_.create<ReplicaSet>(std::move(draft));
    if (!made && made.error().reason == "AlreadyExists") co_return co_await resolveCollision(deployment, sets, name);
    if (!made) {
      events_.warning(deployment, "FailedCreate",
                      concat("Failed to create new replica set \"", name, "\": ", made.error().message));
      co_return fail(made.error());
    }
    sets.current = *made;
    if (first > 0) {
      events_.normal(deployment, "ScalingReplicaSet", concat("Scaled up replica set ", name, " from 0 to ", first));
    }
    co_return co_await setRevision(deployment, sets, revision);
  }

  // The name is taken: by our own set, that the informer has not shown yet, or by another template with the same hash.
  Task<Result<void>> resolveCollision(const Object<Deployment>& deployment, Sets& sets, std::string name) {
    CLEAT_CO_TRY(auto there, co_await client_.get<ReplicaSet>(deployment.ns(), name));
    if (isControlledBy(there.meta(), deployment.uid()) && sortOut(deployment, {there}).current) {
      sets.current = there;
      co_return Result<void>();
    }
    Draft<Deployment> draft(deployment);
    const int32_t count = valueOr(deployment->getStatus().getCollisionCount(), 0);
    draft->getStatus().initCollisionCount().setValue(count + 1);
    CLEAT_CO_TRY(co_await client_.updateStatus<Deployment>(std::move(draft)));
    co_return fail(Status::conflict("replicasets.apps", name, "its name is taken; another one is tried"));
  }

  static std::vector<SetSize> sizes(const std::vector<Object<ReplicaSet>>& sets) {
    std::vector<SetSize> all;
    for (const Object<ReplicaSet>& set : sets) all.push_back({wantedOf(set), set->getStatus().getAvailableReplicas()});
    return all;
  }

  Task<Result<void>> roll(const Object<Deployment>& deployment, Sets& sets) {
    CLEAT_CO_TRY(co_await ensureCurrent(deployment, sets));
    const int64_t replicas = valueOr(deployment->getSpec().getReplicas(), 1);
    const Bounds bounds = rollingBounds(deployment->getSpec(), replicas);
    const SetSize size{wantedOf(sets.current), sets.current->getStatus().getAvailableReplicas()};
    const int64_t next = nextNewSize(replicas, bounds, size, sizes(sets.old));
    if (next != size.wanted) co_return co_await resize(deployment, sets.current, next);
    const std::vector<int64_t> smaller = nextOldSizes(replicas, bounds, size, sizes(sets.old));
    for (size_t i = 0; i < sets.old.size(); ++i) {
      if (smaller[i] == wantedOf(sets.old[i])) continue;
      CLEAT_CO_TRY(co_await resize(deployment, sets.old[i], smaller[i]));
    }
    co_return Result<void>();
  }

  Task<Result<void>> recreate(const Object<Deployment>& deployment, Sets& sets) {
    bool going = false;
    for (Object<ReplicaSet>& set : sets.old) {
      if (wantedOf(set) > 0) {
        going = true;
        CLEAT_CO_TRY(co_await resize(deployment, set, 0));
      }
      for (const Object<Pod>& pod : pods_.byIndex("owner", set.uid())) {
        std::string_view phase = view(pod->getStatus().getPhase());
        going = going || (phase != "Succeeded" && phase != "Failed");
      }
    }
    if (going) co_return Result<void>();
    CLEAT_CO_TRY(co_await ensureCurrent(deployment, sets));
    const int64_t replicas = valueOr(deployment->getSpec().getReplicas(), 1);
    if (wantedOf(sets.current) == replicas) co_return Result<void>();
    co_return co_await resize(deployment, sets.current, replicas);
  }

  Task<Result<void>> scaleInProportion(const Object<Deployment>& deployment, Sets& sets) {
    const int64_t replicas = valueOr(deployment->getSpec().getReplicas(), 1);
    std::vector<Object<ReplicaSet>*> active;
    if (sets.current && wantedOf(sets.current) > 0) active.push_back(&sets.current);
    for (auto set = sets.old.rbegin(); set != sets.old.rend(); ++set) {
      if (wantedOf(*set) > 0) active.push_back(&*set);
    }
    if (active.empty() && sets.current && replicas > 0) active.push_back(&sets.current);
    if (active.size() == 1) co_return co_await resize(deployment, *active[0], replicas);
    std::vector<int64_t> now;
    for (Object<ReplicaSet>* set : active) now.push_back(wantedOf(*set));
    const std::vector<int64_t> next = proportionalSizes(replicas > 0 ? maxPods(deployment) : 0, now);
    for (size_t i = 0; i < active.size(); ++i) {
      CLEAT_CO_TRY(co_await resize(deployment, *active[i], next[i]));
    }
    co_return Result<void>();
  }

  Task<Result<void>> resize(const Object<Deployment>& deployment, Object<ReplicaSet>& set, int64_t size) {
    const int64_t before = wantedOf(set);
    Draft<ReplicaSet> draft(set);
    bool changed =
        setAnnotation(draft.meta(), kDesired, std::to_string(valueOr(deployment->getSpec().getReplicas(), 1)));
    changed |= setAnnotation(draft.meta(), kMax, std::to_string(maxPods(deployment)));
    if (!changed && before == size) co_return Result<void>();
    draft->getSpec().initReplicas().setValue(static_cast<int32_t>(size));
    CLEAT_CO_TRY(Object<ReplicaSet> updated, co_await client_.update<ReplicaSet>(std::move(draft)));
    remember(updated);
    set = updated;
    if (before == size) co_return Result<void>();
    events_.normal(
        deployment, "ScalingReplicaSet",
        concat("Scaled ", size > before ? "up" : "down", " replica set ", set.name(), " from ", before, " to ", size));
    co_return Result<void>();
  }

  Task<Result<void>> cleanUp(const Object<Deployment>& deployment, const Sets& sets) {
    const int64_t limit = valueOr(deployment->getSpec().getRevisionHistoryLimit(), 10);
    std::vector<Object<ReplicaSet>> idle;
    for (const Object<ReplicaSet>& set : sets.old) {
      const bool unused = wantedOf(set) == 0 && set->getStatus().getReplicas() == 0 && !deletionPending(set.meta()) &&
                          set->getStatus().getObservedGeneration() >= set.meta().getGeneration();
      if (unused) idle.push_back(set);
    }
    if (!complete(deployment, deployment->getStatus())) co_return Result<void>();
    std::ranges::sort(idle, {}, [](const Object<ReplicaSet>& set) { return revisionOf(set); });
    for (int64_t i = 0; i < static_cast<int64_t>(idle.size()) - limit; ++i) {
      DeleteOptions options;
      options.preconditionUid = idle[i].uid();
      auto removed = co_await client_.remove<ReplicaSet>(idle[i].ns(), idle[i].name(), options);
      if (!removed && !removed.error().is(404)) co_return fail(removed.error());
    }
    co_return Result<void>();
  }

  Task<Result<Reconciled>> report(const Object<Deployment>& deployment, const Sets& sets) {
    Progress progress = assess(deployment, sets, context().wallNow());
    Reconciled result;
    result.requeueAfter = progress.wait;
    if (capnp::toAny(progress.draft.reader().getStatus()) == capnp::toAny(deployment->getStatus())) co_return result;
    // The metadata is written along, so it must be the newest; a newer deployment brings the next look by itself.
    auto updated = co_await client_.updateStatus<Deployment>(std::move(progress.draft));
    if (!updated && !updated.error().is(404) && !updated.error().is(409)) co_return fail(updated.error());
    co_return result;
  }

  void remember(const Object<ReplicaSet>& written) { ahead_[str(written.uid())] = written.revision(); }

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
                 "apps deployments get,list,watch,update,patch\napps deployments/status update\n"
                 "apps replicasets get,list,watch,create,update,delete\n- pods get,list,watch\n"
                 "- events create,patch,update\n");
