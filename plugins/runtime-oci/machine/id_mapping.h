// User namespaces: which ids of a pod are which ids of this machine, and mounts that show files through that.
//
// An id-mapped mount is a second view of a folder in which what root owns on this machine belongs to root of the
// namespace, and the other way round for what is written there: nothing on the disk is changed, so one copy of a layer
// serves pods with different mappings. Linux has it since 5.12, for the filesystems that agreed to it (ext4, xfs,
// btrfs, tmpfs since 6.3 and, as layers of an overlay, since 5.19).
//
// Everything blocks, and may be called from any thread.
#pragma once

#include <cleat/sdk/file.h>
#include <cleat/sdk/status.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cleat::runtime {

struct IdRange {
  uint32_t containerId = 0, hostId = 0, length = 0;
  bool operator==(const IdRange&) const = default;
};

struct IdMappings {
  std::vector<IdRange> uids, gids;  // both empty: the machine's own namespace
  bool operator==(const IdMappings&) const = default;

  explicit operator bool() const { return !uids.empty(); }
  // Of root inside; only for mappings that `check` has let pass.
  uint32_t rootUid() const { return uids.front().hostId; }
  uint32_t rootGid() const { return gids.front().hostId; }
  // The first id from 0 on that has no meaning inside.
  uint32_t firstUnmapped() const;

  // Refuses what would not be a namespace of the pod's own: without root, or with ids of the machine's first 65536,
  // which are those of its users.
  Result<void> check() const;
};

// As /proc/PID/uid_map takes it, a range a line.
std::string mapText(const std::vector<IdRange>& ranges);

// A second view of `path` and of what is mounted below it, through the user namespace that `userNamespace` is an open
// descriptor of. It is nowhere yet: see `attachMount`.
Result<Fd> idMappedMount(const std::string& path, const Fd& userNamespace);

// Puts such a mount at `target`, which is made: a file or a folder, as what is mounted is.
Result<void> attachMount(const Fd& mount, const std::string& target);

}  // namespace cleat::runtime
