// A node without a machine: the agent on a host in memory, with a runtime and a network that keep their sandboxes and
// containers in lists and do what the test tells them.
//
//   NodeFixture node;
//   node.put(podWith("web"));
//   node.settle();
//   node.runtime().exit("web", 1);
//   node.advance(10s);
#pragma once

#include <cleat/schema/role/network.capnp.h>
#include <cleat/schema/role/runtime.capnp.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent.h"

namespace cleat::agent::test {

using namespace std::chrono_literals;
using core_v1::Pod;

struct FakeSandbox {
  std::string id, ns, name, uid;
  uint32_t attempt = 0;
  bool ready = true;
  bool hostNetwork = false;
  uint32_t firstUserId = 0;
};

struct FakeContainer {
  std::string id, sandboxId, name, image, podUid, hash, messageFile, logPath;
  uint32_t attempt = 0;
  role::ContainerState state = role::ContainerState::CREATED;
  int64_t startedAtNs = 0, finishedAtNs = 0;
  int exitCode = 0;
  std::vector<std::string> command, args, env, mounts, cdiDevices;
  std::map<std::string, std::string> hostPaths;  // by the path in the container
  std::string targetId;
  uint64_t cpuShares = 0, memoryLimitBytes = 0;
  uint64_t memoryUsageBytes = 0;
};

class FakeRuntime {
 public:
  explicit FakeRuntime(cleat::test::FakeHost& host) : host_(host) {}
  void install();

  std::vector<FakeSandbox> sandboxes;
  std::vector<FakeContainer> containers;
  std::set<std::string> images{"busybox:1.36"};
  std::set<std::string> pullable;
  std::map<std::string, std::string> passwords;  // of images that are not for everybody
  std::map<std::string, uint64_t> imageSizes;
  std::vector<std::string> moreAddresses;  // that the network gives the next pod, before its own
  std::optional<Status> failPull;
  std::optional<std::string> failRemoveImage;
  std::vector<std::string> log;  // what was done, in order
  std::optional<std::string> failCreate, failSandbox, failNetwork, failList;
  int execExitCode = 0;
  std::optional<std::string> failUpdate;
  bool capable = true;              // of user namespaces, groups policies and recursive read-only mounts
  bool takesDevices = true;         // by their names
  bool stopsAtOnce = true;          // else a container ends only when the test says so
  std::set<std::string> connected;  // sandboxes with an address

  // The newest container of that name.
  FakeContainer* find(std::string_view name);
  int count(std::string_view prefix) const;  // entries of the log that begin so
  static std::string idOf(const std::string& image);

  // Ends it, and lets the runtime's event be seen.
  void exit(std::string_view name, int code);
  void killSandbox(std::string_view podUid);
  // Ends the pending nextEvents call.
  void event() { changed_ = true; }

 private:
  void installStatus();
  void installSandboxes();
  void installContainers();
  void installContainerStates();
  void installResources();
  void installImages();
  void describeImage(const std::string& image, role::Image::Builder out);
  void installNetwork();
  void end(FakeContainer& container, int code);

  cleat::test::FakeHost& host_;
  int ids_ = 0;
  bool changed_ = false;
};

class NodeFixture {
 public:
  NodeFixture();
  ~NodeFixture();

  cleat::test::FakeHost& host() { return host_; }
  FakeRuntime& runtime() { return runtime_; }

  // Of the agent. The machine's own cgroups are none of a test's business.
  cleat::test::Settings settings{{"cgroups_per_qos", "false"}};
  void startAgent();
  std::string whyItDoesNotStart();
  void stopAgent() { agent_.reset(); }
  // A second instance beside the first, as while the plugin is swapped; and the end of the first.
  void startSuccessor();
  void stopPredecessor();
  void settle() { host_.settle(); }
  // Moves the clock, with a look of the agent at the runtime in each second.
  void advance(Duration by);

  Object<Pod> put(Draft<Pod> pod) {
    auto stored = host_.put(std::move(pod));
    settle();
    return stored;
  }
  Object<Pod> pod(const std::string& name) { return host_.get<Pod>("default", name); }
  std::string phase(const std::string& name) { return str(pod(name)->getStatus().getPhase()); }
  core_v1::ContainerStatus::Reader status(const std::string& pod, uint32_t index = 0);
  std::string condition(const std::string& pod, std::string_view type);
  // "Warning BackOff Back-off …", in the order of their names.
  std::vector<std::string> events();
  bool hasEvent(std::string_view reason, std::string_view messagePart);
  void requestDeletion(const std::string& name, int64_t graceSeconds);

 private:
  std::string folder_;
  cleat::test::FakeHost host_;
  FakeRuntime runtime_{host_};
  cleat::test::Started<Agent> launch();
  std::optional<cleat::test::Started<Agent>> agent_, successor_;
  std::vector<Object<Pod>> held_;
};

// A pod on this node with one container "main" of the image busybox:1.36.
Draft<Pod> podNamed(const std::string& name, const std::string& restartPolicy = "Always");

}  // namespace cleat::agent::test
