// Pod sandboxes on this machine: a pause process with its namespaces, the network namespace under a path of its own,
// the pod's /dev/shm and the pod's cgroup, and a record of it all on disk.
//
// Everything blocks, and may be called from several threads, but only once at a time for one sandbox. Every step is
// such that doing it again after a crash finds it done.
#pragma once

#include "containers/pod_records.h"
#include "machine/cgroups.h"

#include <functional>
#include <string>
#include <vector>

namespace cleat::runtime {

class Sandboxes {
 public:
  struct Settings {
    std::string folder;     // one folder a sandbox, kept across restarts of the machine
    std::string runFolder;  // "…/netns" is made in it; need not outlive the machine's uptime
    std::string pauseProgram;
  };
  Sandboxes(Settings settings, Cgroups cgroups) : settings_(std::move(settings)), cgroups_(std::move(cgroups)) {}

  // Starts what the record describes and fills in the rest of it. On failure nothing is left.
  Result<SandboxRecord> start(SandboxRecord record);

  // Puts the pause process into the pod's cgroup. Apart from `start` because moving a process takes long on cgroup v1
  // (12 ms on Linux 6.18), and nobody needs to wait for it.
  void settle(const SandboxRecord& record) const;

  // Kills the pause process and lets go of namespaces and mounts.
  Result<void> stop(SandboxRecord& record);

  // After `stop`: the record, its folder and the cgroup.
  Result<void> remove(const SandboxRecord& record);

  // All on record. Folders without a readable record are removed, with the pause process that may belong to them.
  Result<std::vector<SandboxRecord>> load();

  static bool running(const SandboxRecord& record);

  // Whether sandboxes can have a user namespace, or else why not: makes one and calls `use` with a process in it.
  Result<void> tryUserNamespace(const std::function<Result<void>(int pid)>& use);

  std::string folderOf(const std::string& id) const { return settings_.folder + "/" + id; }
  std::string shmOf(const SandboxRecord& record) const {
    return record.hostIpc ? "/dev/shm" : folderOf(record.id) + "/shm";
  }
  // The cgroup of the pause process and of the containers' monitors.
  static std::string supervisorGroup(const SandboxRecord& record);
  // New limits for all of the pod's processes together.
  Result<void> limit(const SandboxRecord& record, const Resources& resources) const {
    return cgroups_.limit(record.cgroupParent, resources);
  }

 private:
  Result<void> assemble(SandboxRecord& record);
  Result<int> startPause(const SandboxRecord& record);
  Result<void> keepNetwork(const SandboxRecord& record);
  std::string netnsOf(const std::string& id) const { return settings_.runFolder + "/netns/" + id; }
  Result<void> save(const SandboxRecord& record) const;

  Settings settings_;
  Cgroups cgroups_;
};

// Unmounts what is mounted at the path, however often; nothing mounted is success.
Result<void> unmount(const std::string& path);

// Ends a process that is recognised by one of its arguments, and waits up to two seconds until it is gone.
void killProcessWith(int pid, const std::string& argument);

}  // namespace cleat::runtime
