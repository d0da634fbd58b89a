// Where a container's working directory and mounts lead to in its root filesystem, which belongs to a stranger.
//
// An OCI runtime prepares a container from inside of it: what it writes to, reads and mounts from in /proc and /dev
// must not be what the container brought along. Some of that is checked by the runtime itself, in newer releases of it;
// the checks here do not depend on which one is installed.
#pragma once

#include "containers/pod_records.h"

#include <cleat/sdk/status.h>

#include <string>
#include <vector>

namespace cleat::runtime {

// The path with every link in it followed as a process inside would see it, but without `..` out of the root. What does
// not exist is taken as it is written. The container must not run yet.
std::string resolvedInside(const std::string& rootfs, const std::string& path);

// Refuses a working directory in /proc, which could be a descriptor of the runtime's own and lead onto the machine
// (CVE-2024-21626); mounts at or below /proc, which could catch what the runtime writes there (CVE-2025-52881), but for
// some figures of the machine; and, for containers that are not privileged, a mount in the place of /dev, whose null
// and console the runtime mounts over other files (CVE-2025-31133, CVE-2025-52565).
Result<void> checkPaths(const std::string& rootfs, const std::string& workingFolder,
                        const std::vector<BindMount>& mounts, bool privileged);

}  // namespace cleat::runtime
