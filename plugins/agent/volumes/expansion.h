// Volumes that have become larger while a pod uses them: the driver is asked to have what is on it follow, and the
// claim says then how much there is. Strand only.
#pragma once

#include "volumes/driver_services.h"

namespace cleat::agent {

// `path` is where the volume is mounted. What fails is an event of the pod.
Task<void> expandIfLarger(DriverServices& node, Object<core_v1::Pod> pod, std::string name, DriverVolume volume,
                          std::string path);

}  // namespace cleat::agent
