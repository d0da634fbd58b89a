// Binds pods to the nodes that were chosen for them, many at a time. A binding that has no good answer may have been
// made all the same, or another's before it: the pod itself is asked, for as long as it takes, before anything is said
// of it. So nothing is bound twice, and what was to be taken stays taken until then.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/event_series.h>
#include <cleat/sdk/kinds/core_v1.h>

#include <functional>
#include <string>

#include "writes/announcements.h"

namespace cleat::scheduling {

using core_v1::Pod;

class Binder {
 public:
  // Exactly one of these for each pod, or `bound` where all went well.
  struct Outcomes {
    std::function<void(const Object<Pod>& pod)> bound;
    std::function<void(const Object<Pod>& live)> boundElsewhere;
    std::function<void(const Object<Pod>& pod)> gone;    // or its name is another's
    std::function<void(const Object<Pod>& pod)> failed;  // it is there, and on no node
  };
  Binder(Context& context, Outcomes outcomes) : context_(context), outcomes_(std::move(outcomes)) {}

  void bind(const Object<Pod>& pod, const std::string& node);
  size_t inFlight() const { return inFlight_; }
  // The event of a pod that is bound, whoever has bound it.
  void sayBound(const Object<Pod>& pod, const std::string& node) { announcements_.bound(pod, node); }

 private:
  Task<void> run(Object<Pod> pod, std::string node);
  Task<void> settle(Object<Pod> pod, std::string node, Status why);
  Task<Result<Object<Pod>>> look(Object<Pod> pod);

  Context& context_;
  Outcomes outcomes_;
  Client client_{context_};
  SeriesRecorder events_{context_, "default-scheduler"};
  size_t inFlight_ = 0;
  Announcements announcements_{context_, [this] { return inFlight_; }};
};

}  // namespace cleat::scheduling
