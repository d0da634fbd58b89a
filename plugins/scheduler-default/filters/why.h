// Why a node is not for a pod: who says so, and in which words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "profile.h"
#include "state/cluster_state.h"

namespace cleat::scheduling {

struct Why {
  Judge judge = Judge::nodeUnschedulable;
  // Which of the judge's reasons; of nodeResourcesFit a bit for each request of the class that is too much.
  uint64_t detail = 0;
  bool preemptable = false;  // it might be otherwise without some of the pods that are there
  bool operator==(const Why&) const = default;
};
using MaybeWhy = std::optional<Why>;

constexpr uint64_t kTooManyPods = uint64_t(1) << 63;
// Details of nodeAffinity, podTopologySpread, interPodAffinity, volumeRestrictions, volumeBinding and dynamicResources.
enum SelectionDetail : uint64_t { kNotSelected, kNotNamed };
enum SpreadDetail : uint64_t { kUneven, kNoDomain };
enum AffinityDetail : uint64_t { kNotNear, kNotAway, kShunned };
enum RestrictionDetail : uint64_t { kDiskConflict, kClaimInUse };
enum BindingDetail : uint64_t { kWrongVolumeNode, kVolumeGone, kUnboundClaim, kNotEnoughStorage };
// Of nodeVolumeLimits; to the second the number of the driver's name is added.
enum LimitDetail : uint64_t { kTooManyVolumes, kDriverMissing };
enum DeviceDetail : uint64_t { kCannotAllocate, kClaimOutOfReach, kInvalidPool };

// In Kubernetes' words, one or several.
std::vector<std::string> textsOf(const Why& why, const PodClass& podClass, const ClusterState& state);

}  // namespace cleat::scheduling
