// What a pod's status may say of its addresses and of the users of its containers.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include "kinds-common/findings.h"

namespace cleat::kinds::core {

// Addresses that were there before stay as they are written.
void checkPodAddresses(core_v1::PodStatus::Reader old, core_v1::PodStatus::Reader now, Findings& findings);
void checkNomination(core_v1::Pod::Reader old, core_v1::PodStatus::Reader now, Findings& findings);
void checkContainerUsers(core_v1::Pod::Reader pod, Findings& findings);

}  // namespace cleat::kinds::core
