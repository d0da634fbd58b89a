// What the controller writes: claims made of templates, and what is left of a claim's status. Pure functions.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "device-common/pod_claims.h"

namespace cleat::resource_claim {

using core_v1::Pod;
using resource_v1::ResourceClaim;
using resource_v1::ResourceClaimTemplate;

// "POD-NAME-" for generateName; of long names a part each, so that 63 characters are enough.
std::string generateNameFor(std::string_view pod, std::string_view claimName);

// As the template says, owned by the pod.
Draft<ResourceClaim> claimFor(const Object<Pod>& pod, const std::string& claimName,
                              const Object<ResourceClaimTemplate>& from);

// The pod with its claim of that name noted in its status.
void note(core_v1::PodStatus::Builder status, const std::string& claimName, const std::string& claim);

// The claim reserved only for those that `uses` says still do; given back where nobody is left. Nothing: it stays.
using Uses = std::function<bool(resource_v1::ResourceClaimConsumerReference::Reader)>;
std::optional<Draft<ResourceClaim>> released(const Object<ResourceClaim>& claim, const Uses& uses);

// The claim reserved for one more pod.
Draft<ResourceClaim> reservedFor(const Object<ResourceClaim>& claim, const Object<Pod>& pod);

}  // namespace cleat::resource_claim
