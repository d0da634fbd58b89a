// Mounts below a pod's folder: in-memory filesystems for what must not reach a disk, and bind mounts that pin a subPath
// to what it was when it was checked. Blocks: for Context::blocking.
#pragma once

#include <cleat/sdk/status.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cleat::agent {

// Mounts a tmpfs on the existing folder unless something is mounted there. Size 0: the kernel's default.
Result<void> mountMemory(const std::string& folder, uint64_t sizeBytes);

// Makes `path`, which is inside `volume`, visible at `target`. Symbolic links in it may not lead out of the volume. A
// folder that is missing is made (mode 0750). What is there is what is mounted, even if the path is changed later.
Result<void> bindSubPath(const std::string& volume, const std::string& path, const std::string& target);

// Everything that is mounted below the folder, deepest first.
std::vector<std::string> mountsBelow(const std::string& folder);

// Unmounts everything below the folder (and the folder itself).
Result<void> unmountBelow(const std::string& folder);

}  // namespace cleat::agent
