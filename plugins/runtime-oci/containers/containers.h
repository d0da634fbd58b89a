// Containers on this machine: a bundle (root filesystem of stacked layers, config.json) run by an OCI runtime under
// conmon, which outlives us, writes the log, and leaves the exit code in a file.
//
// Everything blocks, and may be called from several threads, but only once at a time for one container. Nothing waits
// here for a container to end: that is seen by ExitWatch (exit_watch.h).
//
// FOLDER/ID/ is the bundle: container.json (the record), config.json, rootfs (a mount), upper, work, images (mounts,
// one for each image among the container's volumes), conmon's pid files and sockets, and `oom` if the kernel killed it
// for memory. In a pod with a user namespace there are also layers and mounts, through which the image's layers and the
// container's mounts are seen with the ids of the namespace, and the root filesystem is RUN_FOLDER/roots/ID: the
// container's first process goes there as a user who is nobody on this machine, and the way to it is open to all.
#pragma once

#include "containers/pod_records.h"
#include "images/image_store.h"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace cleat::runtime {

struct ContainerSettings {
  std::string folder;        // one folder a container
  std::string exitFolder;    // conmon writes a file named by the container's id into it
  std::string runFolder;     // the OCI runtime's own state; need not outlive the machine's uptime
  std::string layersFolder;  // the image store's
  std::string runtime = "/usr/sbin/runc";
  std::string conmon = "/usr/bin/conmon";
  std::string seccompFolder;            // of the profiles that pods may name
  std::vector<std::string> cdiFolders;  // where it is said what devices need, the later over the earlier
};

class Containers {
 public:
  Containers(ContainerSettings settings, Cgroups cgroups)
      : settings_(std::move(settings)), cgroups_(std::move(cgroups)) {}

  // Makes the container with everything but its first instruction. `record` has the id, the wish and the time. On
  // failure nothing is left.
  Result<ContainerRecord> create(ContainerRecord record, const SandboxRecord& sandbox, const std::string& shmPath,
                                 const Image& image);
  // Lets a created container run. One that runs already is left alone.
  Result<void> start(ContainerRecord& record, int64_t nowNs);

  // Sends a signal to the container's first process; one that has ended is success.
  Result<void> signal(const ContainerRecord& record, int number) const;
  // Kills every process of the container.
  void kill(const ContainerRecord& record) const;

  // Removes it from the machine, running or not, but not its log.
  Result<void> remove(const ContainerRecord& record);

  // Notes the end of the container in its record if conmon has left its exit code, or is gone without. True if it has
  // ended.
  Result<bool> noteExit(ContainerRecord& record);

  Result<void> update(const ContainerRecord& record, const Resources& resources) const;
  Result<void> reopenLog(const ContainerRecord& record) const;
  // Tells conmon the size of an attached terminal.
  Result<void> resizeTerminal(const std::string& id, int width, int height) const;
  Result<Usage> usage(const ContainerRecord& record) const;
  uint64_t rootfsUsedBytes(const std::string& id) const;

  // Puts the monitor into the pod's own cgroup, out of reach of whoever kills ours.
  void settle(const ContainerRecord& record, const SandboxRecord& sandbox) const;

  // All on record, with what has happened to them meanwhile. Remains of what was never made whole are removed.
  Result<std::vector<ContainerRecord>> load(int64_t nowNs);

  int monitorPid(const std::string& id) const;
  int pid(const std::string& id) const;
  std::string folderOf(const std::string& id) const { return settings_.folder + "/" + id; }
  Result<boost::json::object> spec(const std::string& id) const;
  const ContainerSettings& settings() const { return settings_; }
  std::string runtimeRoot() const { return settings_.runFolder + "/oci"; }

  // Whether containers can be made in the user namespace of this process, or else why not: tries what they need.
  Result<void> tryUserNamespace(int pid) const;

 private:
  Result<void> assemble(ContainerRecord& record, const SandboxRecord& sandbox, const std::string& shmPath,
                        const Image& image);
  Result<void> prepareFolders(const ContainerRecord& record, const SandboxRecord& sandbox) const;
  Result<void> mountRootfs(const ContainerRecord& record, const SandboxRecord& sandbox) const;
  Result<void> mountImages(ContainerRecord& record, const SandboxRecord& sandbox) const;
  Result<void> mapMounts(ContainerRecord& record, const SandboxRecord& sandbox) const;
  Result<void> gatherLayers(const SandboxRecord& sandbox, const std::vector<std::string>& layers,
                            const std::string& folder) const;
  std::string rootfsOf(const std::string& id, const SandboxRecord& sandbox) const;
  Result<void> unmountAll(const ContainerRecord& record) const;
  Result<void> writeSpec(ContainerRecord& record, const SandboxRecord& sandbox, const std::string& shmPath,
                         const Image& image) const;
  Result<void> launch(const ContainerRecord& record) const;
  Result<bool> openFifo(const ContainerRecord& record) const;
  Result<void> save(const ContainerRecord& record) const;
  Result<void> writeControl(const std::string& id, const std::string& fifo, const std::string& line) const;

  ContainerSettings settings_;
  Cgroups cgroups_;
};

// The number of a signal by the names that images use: "SIGTERM", "TERM", "15", "SIGRTMIN+3". 0 for none.
int signalNumber(const std::string& name);

// What an OCI runtime's error output says went wrong, without its own log format.
std::string runtimeErrorText(const std::string& output);

}  // namespace cleat::runtime
