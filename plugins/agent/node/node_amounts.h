// How much of this machine pods may have: what it has, less what its operator keeps for the system and for this program
// (`system_reserved`, `kube_reserved`), less what must stay free so that the machine itself does not run out. Pure.
#pragma once

#include <cleat/sdk/status.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "node/machine.h"

namespace cleat::agent {

struct NodeAmounts {
  int64_t milliCpu = 0, memoryBytes = 0, storageBytes = 0, pids = 0;
  NodeAmounts& operator+=(const NodeAmounts& other);
  bool operator==(const NodeAmounts&) const = default;
};

// A list of "cpu=500m", "memory=1Gi", "ephemeral-storage=2Gi" or "pid=1000". `setting` is whose value it is, for
// errors.
Result<NodeAmounts> parseReserved(std::string_view setting, const std::vector<std::string>& entries);
// Fails if more is kept than there is.
Result<void> checkReserved(const Machine& machine, const NodeAmounts& reserved);

// What all pods together are limited to.
NodeAmounts limitOfPods(const Machine& machine, const NodeAmounts& reserved);
// What pods may ask for: the same, without what must stay free.
NodeAmounts allocatable(const Machine& machine, const NodeAmounts& reserved);

}  // namespace cleat::agent
