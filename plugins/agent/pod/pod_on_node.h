// One pod on this node, as all parts of its worker see it: what the API asks for, what the runtime runs, and what is
// known beyond both. Each part has state of its own beside this; what stands here is needed by several, and for each
// member it is said who changes it. Owned by the worker, outlives the parts. Strand only.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node_services.h"
#include "pod/pod_plan.h"
#include "pod/status_builder.h"
#include "pod/status_writer.h"
#include "pod/sync_loop.h"

namespace cleat::agent {

struct PodOnNode {
  PodOnNode(NodeServices& services, std::string podUid, SyncLoop& syncLoop)
      : node(services), uid(std::move(podUid)), loop(syncLoop), status(services.context) {}

  NodeServices& node;
  const std::string uid;
  SyncLoop& loop;
  PodStatusWriter status;
  Progress progress;             // PodObserver, and whoever starts, probes or resizes a container
  std::vector<std::string> ips;  // SandboxKeeper; empty while the pod is not on the network
  // Why the pod has to end: it is not in the API any more; it has reached its end by itself; it has failed as a
  // whole. The worker says so.
  bool removed = false, finished = false;
  std::optional<Waiting> failure;
  bool rejected = false;  // the failure is that this node does not take it: nothing of it has begun
  bool ended = false;     // PodTeardown: no process is left, and what they used is released

  // The newest state that is known; refers to nothing when the pod was never in the API while this worker lived.
  const Object<core_v1::Pod>& pod() const { return status.pod(); }
  std::shared_ptr<const RuntimePod> runtime() const { return node.runtime.pod(uid); }
  std::string folder() const { return concat(node.podsFolder, "/", uid); }
  bool mustEnd() const;
  PodFacts facts() const;

  // Writes an event about the pod, or about nothing when there is no pod.
  void event(std::string_view type, std::string_view reason, std::string_view message) const;
  // One of its containers, for events.
  ObjectReference about(const PodContainer& container) const;
};

}  // namespace cleat::agent
