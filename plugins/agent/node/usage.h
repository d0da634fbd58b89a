// What the machine and the containers on it use of processor and memory, and the texts in which the agent tells it: the
// kubelet's /metrics/resource (for metrics-server and kinds-metrics) and /stats/summary.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/time.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime_view.h"

namespace cleat::agent {

struct Usage {
  WallTime at{};
  uint64_t cpuNs = 0;  // in total
  uint64_t memoryBytes = 0;
  uint64_t workingSetBytes = 0;  // without what the kernel can drop at once
  uint64_t rssBytes = 0;
};

struct ContainerUse {
  std::string ns, pod, podUid, name;
  WallTime startedAt{}, podStartedAt{};
  uint64_t rootfsBytes = 0;
  Usage use;
};

struct NodeUse {
  std::string node;
  WallTime bootedAt{};
  uint64_t memoryCapacityBytes = 0;
  Usage use;                             // of the machine
  std::vector<ContainerUse> containers;  // of those that run, by namespace, pod and name
};

// Of the whole machine, from /proc. Blocks.
Result<NodeUse> readMachineUse(WallTime now);

// Those that run, under the names that the runtime's sandboxes and containers have.
std::vector<ContainerUse> containersIn(const RuntimePods& pods, role::StatsResults::Reader stats);

// Prometheus' text form, with times in milliseconds.
std::string resourceMetrics(const NodeUse& use);

// How much processor time something used lately: by the two last looks at it that were at least a second apart.
class CpuRates {
 public:
  // In nanoseconds a second; nothing at the first look.
  std::optional<uint64_t> rate(const std::string& what, const Usage& use);
  // Forgets what was not looked at since the last call.
  void forgetUnseen();

 private:
  struct Look {
    WallTime at;
    uint64_t cpuNs = 0;
    std::optional<uint64_t> rate;
    bool seen = true;
  };
  std::map<std::string, Look> looks_;
};

// JSON.
std::string statsSummary(const NodeUse& use, CpuRates& rates);

}  // namespace cleat::agent
