// Writes the files of a ConfigMap, Secret, downward API or projected volume so that a container sees either all of the
// old content or all of the new, as Kubernetes does it:
//
//   VOLUME/..2026_03_01_12_00_00.123/   the files themselves
//   VOLUME/..data      -> ..2026_03_01_12_00_00.123        replaced by one rename
//   VOLUME/config.yaml -> ..data/config.yaml
//
// Blocks: for Context::blocking.
#pragma once

#include <cleat/sdk/status.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace cleat::agent {

struct VolumeFile {
  std::string content;
  uint32_t mode = 0644;
  std::optional<uint32_t> owner;  // a user id; absent: root
  bool operator==(const VolumeFile&) const = default;
};

// By path within the volume; paths are relative and stay inside (see checkVolumePath).
using VolumeFiles = std::map<std::string, VolumeFile>;

// An absolute path, one with ".." in it or one whose first part begins with ".." is refused.
Result<void> checkVolumePath(const std::string& path);

// Makes the existing folder hold exactly these files. `stamp` names the new folder and differs from call to call. Does
// nothing when the content is there already.
Result<void> writeAtomically(const std::string& folder, const VolumeFiles& files, const std::string& stamp,
                             std::optional<uint32_t> group);

}  // namespace cleat::agent
