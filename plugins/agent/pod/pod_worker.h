// The life of one pod on this node, from the moment it is bound until nothing of it is left.
//
// A worker is told that something may have changed (`update`, `removed`, `signal`) and brings the node to what the pod
// asks for, one `sync` after the other, never two at a time. A sync looks at what runs and does what is due; what takes
// long (pulls, hooks, waiting for a process to end) runs beside it and signals when it is over. So nothing depends on
// having seen an event, and a restart of the agent goes on where the last one stopped.
//
// Its parts: pod_worker.cpp the loop and the status, sandbox_keeper.cpp the sandbox and the network, container_starter.cpp
// starting containers, pod_resizer.cpp new sizes for them, container_stopper.cpp stopping them, pod_teardown.cpp the end of the
// pod. Strand only; owned by the agent and by the coroutines that work for it.
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "backoff.h"
#include "images/image_puller.h"
#include "node_services.h"
#include "pod/container_config.h"
#include "pod/pod_plan.h"
#include "pod/resize.h"
#include "pod/resources.h"
#include "pod/status_builder.h"
#include "pod/status_writer.h"
#include "probes/prober.h"
#include "volumes/pod_volumes.h"

namespace cleat::agent {

class PodWorker : public std::enable_shared_from_this<PodWorker> {
 public:
  PodWorker(NodeServices& node, std::string uid);
  // For sandboxes whose pod is not in the API any more: takes them down.
  static std::shared_ptr<PodWorker> forOrphan(NodeServices& node, std::string uid);

  // Called once, when nothing is left of the pod here.
  void onDone(std::function<void()> done) { done_ = std::move(done); }

  void update(Object<core_v1::Pod> pod);
  void removed();
  void signal();
  // As signal, and what failed for want of an object is tried again at once.
  void objectsChanged();

  const std::string& uid() const { return uid_; }
  const Object<core_v1::Pod>& pod() const { return status_.pod(); }
  // The pod with the resources that the node has granted it.
  const Object<core_v1::Pod>& granted() const { return resize_.granted ? resize_.granted : status_.pod(); }
  std::shared_ptr<const RuntimePod> runtime() const { return node_.runtime.pod(uid_); }
  // Why the container does not run; empty if that is not known.
  std::string waitingReason(std::string_view container) const;

 private:
  struct ImageTicket {
    bool pending = false;
    std::optional<ImageOutcome> outcome;
    Instant retryAt{};
  };
  struct Killing {
    int64_t graceSeconds = 0;
    bool hookBegun = false;
    bool hookRuns = false;  // ahead of the container's turn to be stopped
    uint32_t calls = 0;  // stops under way
  };
  // What can fail and is tried again later, besides containers, which stand under their names.
  static constexpr const char* kSandboxKey = "/sandbox";
  static constexpr const char* kNetworkKey = "/network";
  static constexpr const char* kVolumesKey = "/volumes";
  static constexpr const char* kResizeKey = "/resize";
  enum class Step { done, waits };  // waits: nothing more can be done for it until a signal comes

  // pod_worker.cpp
  Task<void> run();
  Task<void> sync();
  Task<void> observe();
  Task<bool> prepareVolumes();
  void publish();
  bool isReplacing();
  void wakeAfter(Duration delay);
  bool tooEarly(const std::string& what);
  void retryLater(const std::string& what);
  void checkDeadline();
  void admit();
  PodFacts facts() const;
  void event(std::string_view type, std::string_view reason, std::string_view message);
  ObjectReference about(const PodContainer& container) const;
  std::string folder() const;

  // resizing.cpp
  struct Resize {
    PodContainer container;  // as granted
    std::string id;
    bool restart = false;  // it has to be restarted for it
    bool shrinks = false;  // its memory limit does
  };
  void grantResources();
  std::vector<Resize> dueResizes();
  Task<void> bringAboutResizes();
  Task<Result<void>> resizeAll(std::vector<Resize> due, Object<core_v1::Pod> granted);
  Task<Result<void>> limitPod(std::string sandboxId, PodLimits limits);
  Task<Result<void>> checkUsage(std::vector<Resize> due);
  void resizeFailed(const std::string& why);

  // sandbox.cpp
  Task<bool> makeSandbox(uint32_t attempt);
  Task<bool> connect();
  Task<void> dropStaleSandboxes();
  Task<void> disconnect(RuntimeSandbox sandbox);
  Task<Result<void>> writePodFiles();
  void fillNetworkParams(const RuntimeSandbox& sandbox, role::NetworkParams::Builder params) const;

  // containers.cpp
  Task<void> startContainers(std::vector<std::string> names);
  Task<Step> startContainer(PodContainer container);
  bool backsOff(const PodContainer& container, const RuntimeContainer& last);
  const ImageOutcome* imageOf(const PodContainer& container);
  const ImageOutcome* volumeImagesOf(const PodContainer& container);
  const ImageOutcome* imageFor(const std::string& ticketName, const PodContainer& container, std::string_view image,
                               std::string_view policy);
  Task<void> fetchImage(ImageRequest request, std::string ticketName);
  Task<Result<ContainerFacts>> resolve(PodContainer container, std::string imageUser);
  Task<Result<std::vector<ContainerMount>>> mountsOf(PodContainer container, ContainerFacts facts);
  Task<bool> createAndStart(PodContainer container, ContainerFacts facts);
  void failed(const PodContainer& container, std::string reason, std::string message);
  uint32_t nextAttempt(const PodContainer& container) const;
  Task<void> runPostStart(std::string id, std::string name);
  void collectContainers();

  // killing.cpp
  void kill(const RuntimeContainer& container, int64_t graceSeconds, std::string message);
  void runHookAhead(const RuntimeContainer& container, int64_t graceSeconds, std::string message);
  Task<void> runAhead(std::string id, std::string name, int64_t graceSeconds);
  Task<int64_t> runPreStop(std::string id, std::string name, int64_t graceSeconds);
  Task<void> endContainer(std::string id, std::string name, int64_t graceSeconds, bool withHook);
  int64_t graceFor(const RuntimeContainer& container) const;

  // ending.cpp
  bool mustEnd() const;
  Task<void> end();
  bool killAll();
  Task<bool> releaseAll();
  Task<void> deleteFromApi();

  NodeServices& node_;
  const std::string uid_;
  PodStatusWriter status_;
  PodVolumes volumes_;
  std::function<void()> done_;

  // The loop.
  bool running_ = false, dirty_ = false;
  Timer wake_;
  Instant wakeAt_{};

  // What is known beyond the pod and the runtime.
  ResizeState resize_;
  Progress progress_;
  Prober prober_;
  std::map<std::string, Waiting, std::less<>> waiting_;       // by container name
  std::map<std::string, std::string, std::less<>> messages_;  // by container id
  std::map<std::string, ImageTicket> images_;                 // by container name, or "CONTAINER/VOLUME"
  std::map<std::string, Killing> killing_;                    // by container id
  std::map<std::string, Instant> replaced_;                   // likewise: killed for another; since when it has exited
  std::map<std::string, Instant> notBefore_;                  // see tooEarly
  Backoff restarts_{std::chrono::seconds(10), std::chrono::minutes(5)};
  Backoff failures_{std::chrono::seconds(1), std::chrono::minutes(1)};

  // The network, for the sandbox with this id.
  std::string connectedSandbox_;
  std::vector<std::string> podIps_;

  // The end.
  bool removed_ = false;    // not in the API any more
  bool finished_ = false;   // it has reached its end by itself
  bool ended_ = false;      // no process is left, and what they used is released
  bool deleted_ = false;    // the API has been told
  bool admitted_ = false;   // the node has taken the pod, or refused it
  bool wasSeenRunning_ = false;
  std::optional<Waiting> failure_;
  Instant endBegan_{};
};

}  // namespace cleat::agent
