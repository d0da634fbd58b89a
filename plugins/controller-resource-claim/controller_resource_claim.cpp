// Keeps ResourceClaims with the pods that use them.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_state.h>

#include <algorithm>

#include "claims.h"

using namespace cleat;
using namespace cleat::resource_claim;
using devices::PodClaim;

namespace {

constexpr const char* kByClaim = "claim";
constexpr const char* kByOwner = "owner";
constexpr std::string_view kPodKey = "pod/", kClaimKey = "claim/";

std::string keyForPod(std::string_view key) { return concat(kPodKey, key); }
std::string keyForClaim(std::string_view key) { return concat(kClaimKey, key); }

// It will not run any more, or never.
bool isDone(const Object<Pod>& pod) {
  return isTerminal(pod) || (deletionPending(pod.meta()) && pod->getSpec().getNodeName().size() == 0);
}

// What is done may be what a claim was made for, whether it says so or not.
bool mayHaveClaims(const AnyRef& any) {
  const Object<Pod> pod(any);
  return pod->getSpec().getResourceClaims().size() > 0 || isDone(pod) || !devices::claimKeysOf(pod).empty();
}

class ResourceClaimController : public ControllerPlugin {
 public:
  explicit ResourceClaimController(Context& context) : ControllerPlugin(context, "resource-claim") {}

  Result<void> watch() override {
    pods_.addIndex(kByClaim, devices::claimKeysOf);
    claims_.addIndex(kByOwner, [](const Object<ResourceClaim>& claim) {
      auto owner = controllerOf(claim.meta());
      return owner ? std::vector{str(owner->getUid())} : std::vector<std::string>();
    });
    controller().watch(pods_, [](const Object<Pod>& pod) {
      std::vector<std::string> keys;
      if (pod->getSpec().getResourceClaims().size() > 0) keys.push_back(keyForPod(pod.key()));
      for (const std::string& claim : devices::claimKeysOf(pod)) keys.push_back(keyForClaim(claim));
      return keys;
    });
    controller().watch(claims_, [this](const Object<ResourceClaim>& claim) {
      std::vector<std::string> keys{keyForClaim(claim.key())};
      for (const auto& pod : pods_.byIndex(kByClaim, claim.key())) keys.push_back(keyForPod(pod.key()));
      return keys;
    });
    controller().needs(templates_);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    const bool isPod = key.starts_with(kPodKey);
    const std::string rest = key.substr(isPod ? kPodKey.size() : kClaimKey.size());
    auto pending = isPod ? reconcilePod(rest) : reconcileClaim(rest);
    CLEAT_CO_TRY(co_await std::move(pending));
    co_return Reconciled();
  }

  // -- Pods --

  Task<Result<void>> reconcilePod(std::string key) {
    const Object<Pod> pod = pods_.get(key);
    if (!pod || deletionPending(pod.meta()) || isDone(pod)) co_return Result<void>();
    std::vector<std::pair<std::string, std::string>> made;  // the name in the pod, and the claim's
    Result<void> failure;
    for (const PodClaim& use : devices::podClaimsOf(pod)) {
      if (use.fromTemplate.empty() || use.state == PodClaim::State::notNeeded) continue;
      auto pending = claimOf(pod, use);
      Result<std::string> claim = co_await std::move(pending);
      if (!claim) {
        events_.warning(pod, "FailedResourceClaimCreation",
                        concat("PodResourceClaim ", use.name, ": ", claim.error().message));
        failure =
            fail(Status::internal(concat("pod ", key, ", PodResourceClaim ", use.name, ": ", claim.error().message)));
        break;
      }
      if (*claim != use.claim) made.emplace_back(use.name, *claim);
    }
    if (!made.empty()) {
      Draft<Pod> draft(pod);
      for (const auto& [name, claim] : made) note(draft->getStatus(), name, claim);
      auto pending = client_.updateStatus(std::move(draft));
      auto updated = co_await std::move(pending);
      if (!updated && updated.error().is(404)) co_return Result<void>();
      CLEAT_CO_TRY(updated);
    }
    CLEAT_CO_TRY(failure);
    auto reserving = reserve(pod);
    co_return co_await std::move(reserving);
  }

  // The claim that was, or now is, made for the pod.
  Task<Result<std::string>> claimOf(Object<Pod> pod, PodClaim use) {
    if (!use.claim.empty()) {
      if (const auto claim = claims_.get(pod.ns(), use.claim)) {
        if (devices::isMadeFor(claim, pod)) co_return use.claim;
        co_return fail(Status::internal(
            concat("ResourceClaim ", claim.key(), " was not created for pod ", pod.key(), " (pod is not owner)")));
      }
    }
    for (const auto& claim : claims_.byIndex(kByOwner, pod.uid())) {
      if (annotation(claim.meta(), devices::kPodClaimName) == use.name && !deletionPending(claim.meta())) {
        co_return str(claim.name());
      }
    }
    const auto from = templates_.get(pod.ns(), use.fromTemplate);
    if (!from) {
      co_return fail(Status::internal(concat("resource claim template ", inQuotes(use.fromTemplate),
                                             ": resourceclaimtemplate.resource.k8s.io ", inQuotes(use.fromTemplate),
                                             " not found")));
    }
    auto pending = client_.create(claimFor(pod, use.name, from));
    auto made = co_await std::move(pending);
    if (!made) {
      co_return fail(Status::internal(concat("failed to create ResourceClaim ", generateNameFor(pod.name(), use.name),
                                             ": ", made.error().message)));
    }
    // So that the next look at the pod finds it, whether or not its status says so by then.
    (void)co_await claims_.waitFor(made->revision());
    co_return str(made->name());
  }

  // A pod that was given its node by somebody who knows nothing of claims.
  Task<Result<void>> reserve(Object<Pod> pod) {
    if (pod->getSpec().getNodeName().size() == 0) co_return Result<void>();
    for (const PodClaim& use : devices::podClaimsOf(pod)) {
      if (use.state != PodClaim::State::named) continue;
      const auto claim = claims_.get(pod.ns(), use.claim);
      if (!claim || !devices::isAllocated(claim) || devices::isReservedFor(claim->getStatus(), pod.uid())) continue;
      if (!use.fromTemplate.empty() && !devices::isMadeFor(claim, pod)) continue;
      auto pending = client_.updateStatus(reservedFor(claim, pod));
      auto updated = co_await std::move(pending);
      CLEAT_CO_TRY(updated);
    }
    co_return Result<void>();
  }

  // -- Claims --

  Task<Result<void>> reconcileClaim(std::string key) {
    Object<ResourceClaim> claim = claims_.get(key);
    if (!claim) co_return Result<void>();
    auto asking = areGone(claim);
    CLEAT_CO_TRY(const std::vector<std::string> gone, co_await std::move(asking));
    auto uses = [&](resource_v1::ResourceClaimConsumerReference::Reader consumer) {
      return std::ranges::find(gone, view(consumer.getUid())) == gone.end();
    };
    bool wasGivenBack = false;
    if (auto draft = released(claim, uses)) {
      auto pending = client_.updateStatus(std::move(*draft));
      auto updated = co_await std::move(pending);
      if (!updated && updated.error().is(404)) co_return Result<void>();
      CLEAT_CO_TRY(claim, std::move(updated));
      wasGivenBack = !devices::isAllocated(claim);
    }
    if (claim->getStatus().getReservedFor().size() > 0) co_return Result<void>();
    // A claim that somebody is about to allocate has its finalizer first, and keeps it.
    const bool mayGo = wasGivenBack || deletionPending(claim.meta());
    if (mayGo && !devices::isAllocated(claim) && hasFinalizer(claim.meta(), devices::kDeleteProtection)) {
      auto pending = freeForDeletion(claim);
      CLEAT_CO_TRY(claim, co_await std::move(pending));
    }
    auto pending = removeUnused(claim);
    co_return co_await std::move(pending);
  }

  // The uids of those that the claim is reserved for and that need it no longer.
  Task<Result<std::vector<std::string>>> areGone(Object<ResourceClaim> claim) {
    std::vector<std::string> gone;
    auto reservedFor = claim->getStatus().getReservedFor();
    for (uint32_t i = 0; i < reservedFor.size(); ++i) {
      auto consumer = reservedFor[i];
      if (!devices::isPod(consumer)) {
        co_return fail(Status::internal(concat("unsupported ReservedFor entry: ", consumer.getResource(), ".",
                                               consumer.getApiGroup(), " ", consumer.getName())));
      }
      Object<Pod> pod = pods_.get(claim.ns(), view(consumer.getName()));
      if (!pod) {
        // The scheduler may have seen a pod that the informer has not.
        auto asking = client_.get<Pod>(claim.ns(), view(consumer.getName()));
        auto live = co_await std::move(asking);
        if (!live && !live.error().is(404)) co_return fail(live.error());
        if (live) pod = *live;
      }
      if (!pod || pod.uid() != view(consumer.getUid()) || isDone(pod)) gone.push_back(str(consumer.getUid()));
    }
    co_return gone;
  }

  Task<Result<Object<ResourceClaim>>> freeForDeletion(Object<ResourceClaim> claim) {
    Draft<ResourceClaim> draft(claim);
    removeFinalizer(draft.meta(), devices::kDeleteProtection);
    auto pending = client_.update(std::move(draft));
    auto updated = co_await std::move(pending);
    // With its last finalizer a claim that is being deleted goes.
    if (!updated && updated.error().is(404)) co_return claim;
    co_return updated;
  }

  // What was made for a pod that has ended is of no use to anybody.
  Task<Result<void>> removeUnused(Object<ResourceClaim> claim) {
    auto owner = controllerOf(claim.meta());
    if (!owner || view(owner->getKind()) != "Pod" || deletionPending(claim.meta())) co_return Result<void>();
    // One that is not known may be too new; one that is gone is the garbage collector's business.
    const Object<Pod> pod = pods_.get(claim.ns(), view(owner->getName()));
    if (!pod || pod.uid() != view(owner->getUid()) || !isDone(pod)) co_return Result<void>();
    DeleteOptions only;
    only.preconditionUid = claim.uid();
    auto pending = client_.remove<ResourceClaim>(claim.ns(), claim.name(), only);
    auto removed = co_await std::move(pending);
    if (!removed && !removed.error().is(404) && !removed.error().is(409)) co_return fail(removed.error());
    co_return Result<void>();
  }

  Client client_{context()};
  EventRecorder events_{context(), "resource_claim"};
  Informer<Pod> pods_{context(), {.only = mayHaveClaims}};
  Informer<ResourceClaim> claims_{context()};
  Informer<ResourceClaimTemplate> templates_{context()};
};

}  // namespace

CLEAT_PLUGIN(ResourceClaimController, .name = "controller-resource-claim", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "- pods get,list,watch\n"
                 "- pods/status update\n"
                 "resource.k8s.io resourceclaims create,delete,get,list,update,watch\n"
                 "resource.k8s.io resourceclaims/status,resourceclaims/binding update\n"
                 "resource.k8s.io resourceclaimtemplates get,list,watch\n"
                 "- events create,patch,update\n");
