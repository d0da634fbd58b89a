// The config.json of a container's bundle, as the OCI runtime specification defines it, and the process.json of an
// exec.
//
// Pure functions of what they are given, except that device nodes are looked at on this machine.
#pragma once

#include "containers/pod_records.h"
#include "containers/users.h"
#include "images/image_store.h"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace cleat::runtime {

struct SpecInput {
  const SandboxRecord& sandbox;
  const ContainerWish& wish;
  const ImageConfig& image;
  const User& user;
  std::vector<std::string> capabilities;
  std::string cgroup;         // "/cleat/…/ID"
  std::string shmPath;        // the pod's /dev/shm on this machine
  std::string rootfs;         // absolute
  std::string seccompFolder;  // where the profiles are that a pod may name
  bool cgroupV2 = false;
  int32_t lowestOomScoreAdj = -1000;  // what this process may set
  int targetPid = 0;                  // a process whose process namespace it shares; 0: as the sandbox says
};

Result<boost::json::object> makeSpec(const SpecInput& input);

// Changes a container's own process (config.json's "process") into one that runs `command` beside it.
boost::json::object execProcess(const boost::json::object& spec, const std::vector<std::string>& command, bool tty);

// The command line: the pod's command and args over the image's entrypoint and cmd, as Kubernetes combines them.
std::vector<std::string> commandLine(const ContainerWish& wish, const ImageConfig& image);

// The pod's working directory over the image's.
std::string workingFolder(const ContainerWish& wish, const ImageConfig& image);

// The image's variables, then the pod's, each name once.
std::vector<std::string> environmentOf(const ContainerWish& wish, const ImageConfig& image, const User& user,
                                       const std::string& hostname);

// What oom_score_adj this process may give: any with CAP_SYS_RESOURCE, otherwise none below its own.
int32_t lowestOomScoreAdj();

}  // namespace cleat::runtime
