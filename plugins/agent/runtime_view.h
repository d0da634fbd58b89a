// What the runtime says it runs, as plain values that a pod's worker can keep: sandboxes and containers, grouped by
// the pod they belong to. Read from the runtime as a whole (see Runtime::refresh) and never changed in place.
#pragma once

#include <cleat/schema/role/runtime.capnp.h>
#include <cleat/sdk/time.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cleat::agent {

// The labels and annotations by which the agent knows its own again, after a restart or a crash. They are the ones
// that Kubernetes gives to CRI runtimes.
inline constexpr const char* kPodNameLabel = "io.kubernetes.pod.name";
inline constexpr const char* kPodNamespaceLabel = "io.kubernetes.pod.namespace";
inline constexpr const char* kPodUidLabel = "io.kubernetes.pod.uid";
inline constexpr const char* kContainerNameLabel = "io.kubernetes.container.name";
inline constexpr const char* kContainerHash = "io.kubernetes.container.hash";
inline constexpr const char* kTerminationMessageFile = "io.kubernetes.container.terminationMessagePath";
inline constexpr const char* kTerminationMessagePolicy = "io.kubernetes.container.terminationMessagePolicy";
inline constexpr const char* kGracePeriod = "io.kubernetes.pod.terminationGracePeriod";

struct RuntimeContainer {
  enum class State { created, running, exited, unknown };

  std::string id, sandboxId, podUid, name;
  uint32_t attempt = 0;
  State state = State::unknown;
  uint32_t pid = 0;
  WallTime createdAt{}, startedAt{}, finishedAt{};  // the epoch: not yet
  int exitCode = 0;
  bool oomKilled = false;
  std::string message;  // why it could not start
  std::string image, imageId;
  std::string logPath;
  std::string specHash;
  std::string terminationMessageFile;  // on the host
  bool messageFromLogs = false;        // policy FallbackToLogsOnError
  int64_t uid = -1, gid = -1;          // of its first process; -1: not known
  std::vector<int64_t> groups;

  bool running() const { return state == State::running; }
  bool exited() const { return state == State::exited; }
  bool operator==(const RuntimeContainer&) const = default;
};

struct RuntimeSandbox {
  std::string id, podNamespace, podName, podUid;
  uint32_t attempt = 0;
  bool ready = false;
  std::string networkNamespace;
  WallTime createdAt{};
  std::vector<std::string> addresses;
  int64_t gracePeriodSeconds = 30;

  bool operator==(const RuntimeSandbox&) const = default;
};

// All of one pod, both lists with the newest first.
struct RuntimePod {
  std::vector<RuntimeSandbox> sandboxes;
  std::vector<RuntimeContainer> containers;

  const RuntimeSandbox* newestSandbox() const { return sandboxes.empty() ? nullptr : &sandboxes.front(); }
  // The newest container of that name, and the one before it that has exited.
  const RuntimeContainer* newest(std::string_view name) const;
  const RuntimeContainer* previous(std::string_view name) const;
  const RuntimeContainer* byId(std::string_view id) const;
  bool anyRunning() const;

  bool operator==(const RuntimePod&) const = default;
};

using RuntimePods = std::map<std::string, std::shared_ptr<const RuntimePod>>;  // by the pod's uid

RuntimeSandbox sandboxFrom(role::Sandbox::Reader listed);

// Sorts what the runtime lists by pod. Containers whose sandbox is not listed keep the pod that their label names.
RuntimePods groupByPod(role::ListSandboxesResults::Reader sandboxes, role::ListContainersResults::Reader containers);

}  // namespace cleat::agent
