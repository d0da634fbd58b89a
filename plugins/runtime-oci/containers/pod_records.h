// What is known of a sandbox or container and kept on disk, so that a new process finds what an old one made: plain
// values and their JSON form.
//
// A sandbox's record is FOLDER/sandboxes/ID/sandbox.json, a container's FOLDER/containers/ID/container.json. Whether
// something still runs is not in them: that is asked of the processes (see sandboxes.h and containers.h).
#pragma once

#include "cgroup-common/cgroups.h"
#include "machine/id_mapping.h"

#include <cleat/sdk/status.h>

#include <boost/json/array.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cleat::runtime {

using cgroup::Cgroups;
using cgroup::Resources;
using cgroup::Usage;

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct SandboxRecord {
  std::string id;
  std::string podNamespace, podName, podUid;
  uint32_t attempt = 0;
  std::string hostname, logDirectory, cgroupParent;
  bool hostNetwork = false, hostPid = false, hostIpc = false, sharePid = false;
  Pairs sysctls, labels, annotations;
  Resources resources;
  uint64_t shmSizeBytes = 0;
  IdMappings ids;  // of its user namespace
  int64_t createdAtNs = 0;
  std::string netnsPath;  // empty with the host's network
  int32_t pausePid = 0;   // 0: not started, or stopped on purpose
};

struct BindMount {
  std::string containerPath, hostPath, propagation;
  bool readOnly = false;
  // The files of this image, or of a folder in it, in place of hostPath.
  std::string image, imageSubPath;
  std::vector<std::string> layers;  // of the image, the lowest first
  bool recursiveReadOnly = false;
  bool idMapped = false;  // seen through the pod's user namespace
};

struct DeviceNode {
  std::string hostPath, containerPath, permissions;
};

struct SecurityRecord {
  bool privileged = false, readOnlyRootfs = false, noNewPrivileges = false, runAsNonRoot = false, maskedPaths = true;
  std::vector<std::string> addCapabilities, dropCapabilities;
  int64_t runAsUser = -1, runAsGroup = -1;
  std::vector<int64_t> supplementalGroups;
  bool strictGroups = false;
  std::string seccompProfile, appArmorProfile;
};

// Who a container's first process is started as.
struct UserRecord {
  int64_t uid = -1, gid = -1;  // -1: not known
  std::vector<int64_t> groups;
};

// What a container is to be, as it was asked for.
struct ContainerWish {
  std::string sandboxId, name, image;
  uint32_t attempt = 0;
  std::vector<std::string> command, args;
  std::string workingDir, logPath;
  Pairs env, labels, annotations;
  std::vector<BindMount> mounts;
  std::vector<DeviceNode> devices;
  std::vector<std::string> cdiDevices;
  bool stdinOpen = false, stdinOnce = false, tty = false;
  Resources resources;
  SecurityRecord security;
  std::string stopSignal;         // "SIGUSR1"; empty: the image's
  std::string targetContainerId;  // whose process namespace it shares; empty: as the sandbox says
};

struct ContainerRecord {
  std::string id;
  ContainerWish wish;  // without env, mounts and devices, which only its bundle needs
  std::string imageId, stopSignal, cgroup, logPath;
  std::vector<std::string> layers;
  std::vector<std::string> volumeLayers;  // of the images among its mounts
  int64_t createdAtNs = 0, startedAtNs = 0, finishedAtNs = 0;
  bool exited = false, oomKilled = false;
  int32_t exitCode = 0;
  std::string message;
  UserRecord user;
};

std::string toJsonText(const SandboxRecord& record);
std::string toJsonText(const ContainerRecord& record);
Result<SandboxRecord> parseSandboxRecord(const std::string& text);
Result<ContainerRecord> parseContainerRecord(const std::string& text);

boost::json::array toJson(const std::vector<std::string>& texts);

}  // namespace cleat::runtime
