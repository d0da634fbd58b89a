// What LimitRanges say of pods and claims: defaults for containers, and what is wrong with what is asked for, in
// Kubernetes' words.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_quota.h>

#include <optional>
#include <string>

namespace cleat::limit_ranger {

// Gives the containers that say no amount of a resource the default one. Whether anything changed.
bool setDefaults(core_v1::Pod::Builder pod, core_v1::LimitRange::Reader range);

// What the range forbids of it; nothing if it is within its bounds. Of several things all are told.
std::optional<std::string> wrongWithPod(core_v1::PodSpec::Reader spec, core_v1::LimitRange::Reader range);
std::optional<std::string> wrongWithClaim(core_v1::PersistentVolumeClaimSpec::Reader spec,
                                          core_v1::LimitRange::Reader range);

}  // namespace cleat::limit_ranger
