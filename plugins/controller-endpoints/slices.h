// What has to be written so that a service's EndpointSlices tell of its members: as few slices as possible are touched,
// and a member stays in the slice that it is in.
#pragma once

#include <cleat/sdk/kinds/discovery_v1.h>

#include <map>
#include <string_view>
#include <vector>

#include "membership.h"
#include "topology_hints.h"

namespace cleat::endpoints {

using discovery_v1::EndpointSlice;

inline constexpr std::string_view kServiceLabel = "kubernetes.io/service-name";
inline constexpr std::string_view kSliceManagedBy = "endpointslice.kubernetes.io/managed-by";
inline constexpr std::string_view kSliceManager = "endpointslice-controller.k8s.io";
inline constexpr std::string_view kHeadlessLabel = "service.kubernetes.io/headless";
inline constexpr size_t kMostInSlice = 100;

struct SlicePlan {
  std::vector<Draft<EndpointSlice>> creates, updates;
  std::vector<Object<EndpointSlice>> removals;
  std::map<std::string_view, HintOutcome> hints;  // by family, of a service that wants hints of zones
};

// The members by their family.
using FamilyGroups = std::map<std::string_view, std::vector<Group>>;

// `existing`: this controller's slices for a service of this name. Those of an earlier service are removed, not used
// again, and those of a family that the service has no more as well. `shares`: by which hints of zones are given.
SlicePlan planSlices(const Object<Service>& service, const FamilyGroups& groups,
                     const std::vector<Object<EndpointSlice>>& existing, const ZoneShares& shares);

}  // namespace cleat::endpoints
