// Makes the claims of pods' generic ephemeral volumes. They go with their pod: the garbage collector sees to that.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/meta.h>

#include "ephemeral_claims.h"

using namespace cleat;
using namespace cleat::ephemeral_volume;
using core_v1::PersistentVolumeClaim;
using core_v1::Pod;

namespace {

constexpr const char* kByClaim = "claim";

std::vector<std::string> claimsOf(const Object<Pod>& pod) {
  std::vector<std::string> keys;
  for (const WantedClaim& wanted : wantedClaims(pod)) keys.push_back(keyOf(pod.ns(), wanted.name));
  return keys;
}

bool hasEphemeralVolume(const AnyRef& pod) { return !wantedClaims(Object<Pod>(pod)).empty(); }

class EphemeralVolumeController : public ControllerPlugin {
 public:
  explicit EphemeralVolumeController(Context& context) : ControllerPlugin(context, "ephemeral-volume") {}

  Result<void> watch() override {
    pods_.addIndex(kByClaim, claimsOf);
    controller().watch(pods_, [](const Object<Pod>& pod) { return claimsOf(pod).empty() ? std::string() : pod.key(); });
    // A claim that has gone may be one that a pod waits for.
    claims_.onChange([this](const Object<PersistentVolumeClaim>& before, const Object<PersistentVolumeClaim>& now) {
      if (now) return;
      for (const auto& pod : pods_.byIndex(kByClaim, before.key())) controller().enqueue(pod.key());
    });
    controller().needs(claims_);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<Pod> pod = pods_.get(key);
    if (!pod || deletionPending(pod.meta())) co_return Reconciled();
    for (const WantedClaim& wanted : wantedClaims(pod)) {
      Result<void> made = co_await make(pod, wanted);
      if (made) continue;
      const std::string why = concat("ephemeral volume ", inQuotes(wanted.volume), ": ", made.error().message);
      events_.warning(pod, "FailedBinding", why);
      co_return fail(Status::internal(concat("pod ", key, ", ", why)));
    }
    co_return Reconciled();
  }

  Task<Result<void>> make(Object<Pod> pod, WantedClaim wanted) {
    if (const auto there = claims_.get(pod.ns(), wanted.name)) co_return isOwned(there, pod);
    auto pending = client_.create<PersistentVolumeClaim>(claimFor(pod, wanted));
    auto made = co_await std::move(pending);
    if (made) {
      (void)co_await claims_.waitFor(made->revision());
      co_return Result<void>();
    }
    if (made.error().reason != "AlreadyExists") {
      co_return fail(Status::internal(concat("create PVC ", wanted.name, ": ", made.error().message)));
    }
    // The informer has not shown it yet.
    auto live = co_await client_.get<PersistentVolumeClaim>(pod.ns(), wanted.name);
    if (!live) co_return fail(live.error());
    co_return isOwned(*live, pod);
  }

  static Result<void> isOwned(const Object<PersistentVolumeClaim>& claim, const Object<Pod>& pod) {
    if (isControlledBy(claim.meta(), pod.uid())) return {};
    return fail(
        Status::internal(concat("PVC ", claim.key(), " was not created for pod ", pod.key(), " (pod is not owner)")));
  }

  Client client_{context()};
  EventRecorder events_{context(), "ephemeral_volume"};
  Informer<Pod> pods_{context(), {.only = hasEphemeralVolume}};
  Informer<PersistentVolumeClaim> claims_{context()};
};

}  // namespace

CLEAT_PLUGIN(EphemeralVolumeController, .name = "controller-ephemeral-volume", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "- persistentvolumeclaims create,get,list,watch\n"
                 "- pods get,list,watch\n"
                 "- events create,patch,update\n");
