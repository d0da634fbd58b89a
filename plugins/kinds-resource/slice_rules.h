// What may stand in a slice of devices.
#pragma once

#include <vector>

#include "kinds-resource/resource_kinds.h"

namespace cleat::kinds::resource {

void checkSlice(v1::ResourceSliceSpec::Reader spec, const v1::ResourceSliceSpec::Reader* old, const Path& path,
                Findings& findings);
// What of a device's capacity may be asked for, where several claims can have the device.
void checkRequestPolicy(v1::DeviceCapacity::Reader capacity, const Path& path, Findings& findings);

}  // namespace cleat::kinds::resource
