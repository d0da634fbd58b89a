// New sizes for a pod's containers while they run (see pod/resize.h): grants what the spec asks for when the node has
// room for it, and brings about what is granted. Keeps what was granted before where it cannot. Strand only.
#pragma once

#include <string>
#include <vector>

#include "pod/pod_on_node.h"
#include "pod/resize.h"
#include "pod/resources.h"

namespace cleat::agent {

class PodResizer {
 public:
  explicit PodResizer(PodOnNode& pod) : pod_(pod) {}

  // The pod with the resources that the node has granted it. Before the first `update` that is the pod as the API has
  // it.
  const Object<core_v1::Pod>& granted() const { return resize_.granted ? resize_.granted : pod_.pod(); }
  // The newest state of the pod, with the resources that it may have: while it ends nothing is granted any more, and
  // what is told of it goes on.
  Object<core_v1::Pod> grantedNewest() const;
  const ResizeState& state() const { return resize_; }

  // Grants what can be, and marks in the pod's Progress the containers that have to be restarted for it. The loop is
  // signalled when there may be room for what was not granted.
  void update();
  // Gives the containers that run, and the pod as a whole, what is granted. The pod has a sandbox. What fails is
  // tried again.
  Task<void> bringAbout();

  // The container, or the sandbox, was made with the resources that `as` has.
  void created(const std::string& id, Object<core_v1::Pod> as) { resize_.broughtAbout[id] = std::move(as); }
  void sandboxMade(Object<core_v1::Pod> as) { resize_.cgroup = std::move(as); }

 private:
  static constexpr const char* kResizeKey = "/resize";

  struct Resize {
    PodContainer container;  // as granted
    std::string id;
    bool restart = false;  // it has to be restarted for it
    bool shrinks = false;  // its memory limit does
  };
  void grant();
  std::vector<Resize> dueResizes();
  Task<Result<void>> resizeAll(std::vector<Resize> due, Object<core_v1::Pod> granted);
  Task<Result<void>> limitPod(std::string sandboxId, PodLimits limits);
  Task<Result<void>> checkUsage(std::vector<Resize> due);
  void failed(const std::string& why);

  PodOnNode& pod_;
  ResizeState resize_;
};

}  // namespace cleat::agent
