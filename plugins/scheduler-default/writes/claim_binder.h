// Has the claims of a pod bound before the pod is: writes down what was chosen for them, on the volumes or, for those
// that are to be made, on the claims, and waits until whoever binds and provisions has done the rest. The pod counts as
// on its node meanwhile.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/event_series.h>
#include <cleat/sdk/kinds/core_v1_storage.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "filters/claim_choices.h"

namespace cleat::scheduling {

class ClaimBinder {
 public:
  // One of these for each pod that has not gone meanwhile.
  struct Outcomes {
    std::function<void(const Object<Pod>& pod, const std::string& node)> bound;
    std::function<void(const Object<Pod>& pod)> failed;
  };
  ClaimBinder(Context& context, Outcomes outcomes) : context_(context), outcomes_(std::move(outcomes)) {}

  // The choices are promised in `state` at once.
  void bind(const Object<Pod>& pod, const std::string& node, std::vector<ClaimChoice> choices, ClusterState& state);
  // Something about claims, volumes or pods has changed.
  void look(ClusterState& state);

 private:
  struct Waiting {
    Object<Pod> pod;
    std::string node;
    std::vector<ClaimChoice> choices;
    std::map<std::string, uint64_t> written;  // by claim: the revision of it, or of its volume, that was written
    bool writing = true;
    Timer timeout;
  };
  Task<void> write(std::string uid, ClusterState& state);
  Task<Result<uint64_t>> writeChoice(ClaimChoice choice, std::string node);
  // Whether the claim is bound; an error if it will not be.
  static Result<bool> isDone(const Waiting& waiting, const ClaimChoice& choice, const ClusterState& state);
  static Result<bool> areDone(const Waiting& waiting, const ClusterState& state);
  void fail(const std::string& uid, const std::string& why, ClusterState& state);
  // Takes it out of those that wait, and its promises back.
  Waiting end(const std::string& uid, ClusterState& state);

  Context& context_;
  Outcomes outcomes_;
  Client client_{context_};
  SeriesRecorder events_{context_, "default-scheduler"};
  std::map<std::string, Waiting> waiting_;  // by uid
};

}  // namespace cleat::scheduling
