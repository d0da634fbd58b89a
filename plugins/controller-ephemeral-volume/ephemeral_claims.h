// The claims of a pod's generic ephemeral volumes. Pure functions.
#pragma once

#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/object.h>

#include <string>
#include <vector>

namespace cleat::ephemeral_volume {

// A claim that the pod is to have, for the volume of that name.
struct WantedClaim {
  std::string volume, name;
};
std::vector<WantedClaim> wantedClaims(const Object<core_v1::Pod>& pod);

// As the template in the pod's volume says, owned by the pod.
Draft<core_v1::PersistentVolumeClaim> claimFor(const Object<core_v1::Pod>& pod, const WantedClaim& wanted);

}  // namespace cleat::ephemeral_volume
