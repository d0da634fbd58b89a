// The control groups of this machine in whichever of three arrangements it has them: v1 (a hierarchy for each
// controller), hybrid (those, and a v2 hierarchy that only groups processes), or v2 (one for all).
//
// A group is named by its path below the root of every hierarchy: "/cleat/burstable/pod1". The OCI runtime makes and
// limits the containers' groups itself; this makes and limits those above them, which are a pod's (the plugin that runs
// pods uses it for these) and those of a class of pods and of all (which are the node agent's). It puts our own
// processes into groups, reads usage, and removes.
//
//   CLEAT_TRY(auto cgroups, cgroup::Cgroups::detect());
//   CLEAT_TRY(cgroups.make("/cleat/burstable"));
//   CLEAT_TRY(cgroups.limit("/cleat/burstable", {.cpuShares = 512}));
//
// Stateless after `detect`, so it may be used from any thread. Blocks for file I/O; `remove` waits up to a second for
// processes that are about to end.
#pragma once

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/status.h>

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cleat::cgroup {

// As in the role's schema; zero or empty: unset.
struct Resources {
  uint64_t cpuShares = 0;
  int64_t cpuQuotaUs = 0;  // -1: no limit
  uint64_t cpuPeriodUs = 0;
  uint64_t memoryLimitBytes = 0;  // from kNoLimit on: no limit
  int32_t oomScoreAdj = 0;
  int64_t pidsLimit = 0;
  std::string cpusetCpus;
  bool operator==(const Resources&) const = default;
};

inline constexpr uint64_t kNoLimit = uint64_t(1) << 63;

struct Usage {
  uint64_t cpuNs = 0;
  uint64_t memoryBytes = 0;
  uint64_t memoryWorkingSetBytes = 0;  // without what the kernel can drop at once
  uint64_t memoryRssBytes = 0;
};

class Cgroups {
 public:
  // Reads a mountinfo file of /proc.
  static Result<Cgroups> detect(const std::string& mountinfo = "/proc/self/mountinfo");

  bool isV2() const { return hierarchies_.size() == 1 && hierarchies_[0].version2; }
  std::string describe() const;  // "v1", "hybrid", "v2"

  // Makes the group with those above it, in every hierarchy that limits or accounts.
  Result<void> make(const std::string& group) const;
  Result<void> limit(const std::string& group, const Resources& resources) const;
  // Moves a process into the group, which exists.
  Result<void> attach(const std::string& group, pid_t pid) const;

  // SIGKILL for every process in the group and below.
  void kill(const std::string& group) const;
  bool populated(const std::string& group) const;
  Result<Usage> usage(const std::string& group) const;

  // Removes the group and those below, and then the one above it if that is empty: a pod's, with the last of what was
  // in it. Those above a pod's are limited by whoever made them, and stay.
  Result<void> remove(const std::string& group) const;

 private:
  struct Hierarchy {
    std::string mountPoint;
    std::vector<std::string> controllers;  // of v1; "name=systemd" for the one without
    bool version2 = false;
    bool has(const std::string& controller) const;
  };
  const Hierarchy* hierarchyOf(const std::string& controller) const;
  std::vector<const Hierarchy*> ours() const;
  Result<void> set(const std::string& controller, const std::string& group, const std::string& file,
                   const std::string& value) const;
  std::vector<pid_t> processes(const std::string& folder) const;

  std::vector<Hierarchy> hierarchies_;
  // Held while groups that several pods share are made, and removed when empty.
  std::shared_ptr<Mutex> shared_ = std::make_shared<Mutex>();
};

// cgroup v1's scale of shares (2…262144) in v2's of weights (1…10000), as the OCI runtimes convert it.
uint64_t cpuWeight(uint64_t shares);

// A path that stays below the hierarchies' roots: absolute, without "." and "..".
bool isGroupPath(const std::string& group);

}  // namespace cleat::cgroup
