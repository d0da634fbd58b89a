// EventCorrelation: keeps one source from flooding the cluster with events, as Kubernetes' clients do. Events about one
// object that differ in their message only are, from the tenth within ten minutes on, one event that says so; and of
// one object no more than 25 are written in a go, and one every five minutes after that.
#pragma once

#include <cleat/sdk/events.h>
#include <cleat/sdk/time.h>

#include <string>
#include <unordered_set>

#include "recent.h"

namespace cleat::detail {

// One event as it was recorded.
struct RecordedEvent {
  ObjectReference about;
  std::string type, reason, message;
  WallTime at;
  bool combined = false;  // stands for events with many messages: `message` is that of the last one
};

class EventCorrelation {
 public:
  explicit EventCorrelation(size_t mostRemembered) : similar_(mostRemembered), allowances_(mostRemembered) {}

  // Whether the event may be written now. It may have become one that stands for many.
  bool admit(RecordedEvent& event);

  // What events have in common that are counted as one.
  static std::string identity(const RecordedEvent& event);

 private:
  struct Similar {
    WallTime last;
    std::unordered_set<std::string> messages;
  };
  struct Allowance {
    double events;
    WallTime at;
  };

  void aggregate(RecordedEvent& event);
  bool takeAllowance(const RecordedEvent& event);

  Recent<Similar> similar_;
  Recent<Allowance> allowances_;
};

}  // namespace cleat::detail
