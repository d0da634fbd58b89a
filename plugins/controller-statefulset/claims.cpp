#include "claims.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/slow_start.h>

#include <algorithm>
#include <vector>

namespace cleat::statefulset {
namespace {

using Reference = meta_v1::OwnerReference::Reader;

bool names(Reference reference, const Resource& kind, std::string_view name) {
  return view(reference.getKind()) == kind.kind && view(reference.getApiVersion()) == kind.apiVersion() &&
         view(reference.getName()) == name;
}

struct Policy {
  bool goesWithSet = false, goesWithPod = false;
};
Policy policyOf(const Object<StatefulSet>& set) {
  auto policy = set->getSpec().getPersistentVolumeClaimRetentionPolicy();
  return {.goesWithSet = view(policy.getWhenDeleted()) == "Delete",
          .goesWithPod = view(policy.getWhenScaled()) == "Delete"};
}

// Controlled by somebody else, or by a set or pod of the same name that has gone: then it is theirs to say what becomes
// of it. Where nothing is ever deleted it makes no difference.
bool isForeign(const Object<StatefulSet>& set, const Object<Pod>& pod, const Object<PersistentVolumeClaim>& claim) {
  const Policy policy = policyOf(set);
  if (!policy.goesWithSet && !policy.goesWithPod) return false;
  for (auto owner : claim.meta().getOwnerReferences()) {
    if (names(owner, KindOf<StatefulSet>::resource, set.name())) {
      if (view(owner.getUid()) != set.uid()) return true;
    } else if (names(owner, KindOf<Pod>::resource, pod.name())) {
      if (view(owner.getUid()) != pod.uid()) return true;
    } else if (valueOr(owner.getController(), false)) {
      return true;
    }
  }
  return false;
}

std::vector<Reference> othersThan(const Object<StatefulSet>& set, const Object<Pod>& pod,
                                  const Object<PersistentVolumeClaim>& claim, bool foreign) {
  std::vector<Reference> others;
  auto owners = claim.meta().getOwnerReferences();
  for (auto owner : owners) {
    const bool ofSet = names(owner, KindOf<StatefulSet>::resource, set.name());
    const bool ofPod = names(owner, KindOf<Pod>::resource, pod.name());
    const bool exactly = view(owner.getUid()) == set.uid() || view(owner.getUid()) == pod.uid();
    if ((ofSet || ofPod) && (exactly || !foreign)) continue;
    others.push_back(owner);
  }
  return others;
}

}  // namespace

std::optional<Draft<PersistentVolumeClaim>> withOwners(const Object<StatefulSet>& set, const Object<Pod>& pod,
                                                       const Object<PersistentVolumeClaim>& claim) {
  const Policy policy = policyOf(set);
  const bool foreign = isForeign(set, pod, claim);
  Draft<PersistentVolumeClaim> draft(claim);
  draft.meta().adoptOwnerReferences(
      listOf<meta_v1::OwnerReference>(orphanageOf(draft.meta()), othersThan(set, pod, claim, foreign)));
  const auto ordinal = ordinalOf(set, pod);
  const bool surplus = !ordinal || !ordinalsOf(set).contains(*ordinal);
  if (!foreign && policy.goesWithPod && surplus) {
    setController(draft.meta(), pod);
  } else if (!foreign && policy.goesWithSet) {
    setController(draft.meta(), set);
  }
  if (capnp::toAny(draft.reader().getMetadata().getOwnerReferences()) ==
      capnp::toAny(claim.meta().getOwnerReferences())) {
    return std::nullopt;
  }
  return draft;
}

bool isStale(const Object<StatefulSet>& set, const Object<PersistentVolumeClaim>& claim, std::string_view podName,
             std::string_view podUid) {
  if (!policyOf(set).goesWithPod) return false;
  for (auto owner : claim.meta().getOwnerReferences()) {
    if (names(owner, KindOf<Pod>::resource, podName) && view(owner.getUid()) != podUid) return true;
  }
  return false;
}

Task<Result<void>> Claims::ensure(Object<StatefulSet> set, int64_t ordinal) {
  for (Draft<PersistentVolumeClaim>& claim : claimsFor(set, ordinal)) {
    const Object<PersistentVolumeClaim> there = claims_.get(claim.key());
    if (!there) {
      CLEAT_CO_TRY(co_await make(set, podName(set, ordinal), std::move(claim)));
    } else if (deletionPending(there.meta())) {
      co_return fail(Status::unavailable(concat("pvc ", there.name(), " is being deleted")));
    }
  }
  co_return Result<void>();
}

Task<Result<void>> Claims::make(Object<StatefulSet> set, std::string pod, Draft<PersistentVolumeClaim> claim) {
  const std::string name = str(claim.meta().asReader().getName());
  auto made = co_await client_.create<PersistentVolumeClaim>(std::move(claim));
  if (made) {
    events_.normal(set, "SuccessfulCreate",
                   concat("Create Claim ", name, " Pod ", pod, " in StatefulSet ", set.name(), " success"));
    (void)co_await claims_.waitFor(made->revision());
    co_return Result<void>();
  }
  // The informer has not shown it yet, or somebody else was quicker.
  if (made.error().reason == "AlreadyExists") co_return Result<void>();
  if (!namespaceEnds(made.error())) {
    events_.warning(set, "FailedCreate",
                    concat("Create Claim ", name, " for Pod ", pod, " in StatefulSet ", set.name(),
                           " failed error: ", made.error().message));
  }
  co_return fail(made.error());
}

bool Claims::isMissing(const Object<StatefulSet>& set, int64_t ordinal) const {
  return std::ranges::any_of(claimNames(set, ordinal),
                             [&](const std::string& name) { return !claims_.get(set.ns(), name); });
}

bool Claims::areStale(const Object<StatefulSet>& set, int64_t ordinal) const {
  return std::ranges::any_of(claimNames(set, ordinal), [&](const std::string& name) {
    const Object<PersistentVolumeClaim> claim = claims_.get(set.ns(), name);
    return claim && isStale(set, claim, podName(set, ordinal), "");
  });
}

bool Claims::ownersSettled(const Object<StatefulSet>& set, const Object<Pod>& pod) const {
  const auto ordinal = ordinalOf(set, pod);
  if (!ordinal) return true;
  return std::ranges::all_of(claimNames(set, *ordinal), [&](const std::string& name) {
    const Object<PersistentVolumeClaim> claim = claims_.get(set.ns(), name);
    return !claim || !withOwners(set, pod, claim);
  });
}

Task<Result<void>> Claims::settleOwners(Object<StatefulSet> set, Object<Pod> pod) {
  const auto ordinal = ordinalOf(set, pod);
  if (!ordinal) co_return Result<void>();
  for (const std::string& name : claimNames(set, *ordinal)) {
    const Object<PersistentVolumeClaim> claim = claims_.get(set.ns(), name);
    if (claim && isForeign(set, pod, claim)) {
      events_.warning(set, "ConflictingController",
                      concat("PersistentVolumeClaim ", name,
                             " has a conflicting OwnerReference that acts as a manging "
                             "controller, the retention policy is ignored for this claim"));
    }
    auto owned = claim ? withOwners(set, pod, claim) : std::nullopt;
    if (!owned) continue;
    auto written = co_await client_.update<PersistentVolumeClaim>(std::move(*owned));
    if (!written && !written.error().is(404)) co_return fail(written.error());
    if (written) (void)co_await claims_.waitFor(written->revision());
  }
  co_return Result<void>();
}

}  // namespace cleat::statefulset
