// What a pod has on the node's disk, held against what it may have there: the size limits of its empty folders, and its
// containers' limits of ephemeral storage. Nothing here measures; see storage_watch.h.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace cleat::agent {

// In bytes. Folders in memory do not count: what they are mounted with holds their limit.
struct StorageUse {
  std::map<std::string, uint64_t, std::less<>> emptyDirs;   // by the volume's name
  std::map<std::string, uint64_t, std::less<>> containers;  // by the container's: its own files and its log
};

// Whether there is anything to hold it against.
bool limitsStorage(core_v1::PodSpec::Reader spec);

// Why the pod has to go, as Kubernetes says it; nothing while it keeps within all of its limits.
std::optional<std::string> storageExceeded(core_v1::PodSpec::Reader spec, const StorageUse& use);

}  // namespace cleat::agent
