// What a pod's status may say of devices: which claims were made for it, and how the devices of its containers are.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include "kinds-common/findings.h"

namespace cleat::kinds::core {

void checkDeviceStatus(core_v1::Pod::Reader pod, Findings& findings);

}  // namespace cleat::kinds::core
