// What pods are told that wait: the condition PodScheduled, the node where room is made for them or that they will be
// bound to, and an event. The same is said once; something else not more often than once a second and then less and
// less often, however often it changes, and the last of it in any case. The node is written at once.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/event_series.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "state/interner.h"
#include "writes/outbox.h"

namespace cleat::scheduling {

using core_v1::Pod;

class Refusals {
 public:
  Refusals(Context& context, Informer<Pod>& pods) : context_(context), pods_(pods) {}

  // `node` is where the pod is to be from now on, or empty: nowhere any more.
  void say(const Object<Pod>& pod, const std::string& message, const std::optional<std::string>& node);
  void nominate(const Object<Pod>& pod, const std::string& node);
  // The pod is bound, or gone.
  void forget(std::string_view uid);
  // Whether something is about to be written of the pod.
  bool concerns(std::string_view uid) const;

 private:
  struct Told {
    Object<Pod> pod;
    std::string message, said;
    std::string node;
    bool nodeChanged = false;
    bool writing = false;
    uint32_t times = 0;
    Instant notBefore{};
    Instant due{};  // in due_, unless zero
  };
  Told& of(const Object<Pod>& pod);
  static void setNode(Told& told, const std::string& node);
  void consider(const std::string& uid, Told& told);
  Task<void> write(std::string uid);
  Task<bool> put(Object<Pod> pod, std::string message, bool nodeChanged, std::string node);
  void arm();
  void fire();

  Context& context_;
  Informer<Pod>& pods_;
  Client client_{context_};
  SeriesRecorder events_{context_, "default-scheduler"};
  Outbox outbox_{64};
  TextTable<Told> all_;  // by uid
  std::set<std::pair<Instant, std::string>> due_;
  Timer timer_;
};

}  // namespace cleat::scheduling
