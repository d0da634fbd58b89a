// Writes Events in the newer form, events.k8s.io's, which says what was done besides why, and what is repeated as a
// series. For new recorders, and those that Kubernetes writes so itself (its scheduler's); others write by events.h.
//
//   SeriesRecorder events_{context(), "example-scheduler"};
//   events_.warning(pod, "FailedScheduling", "Scheduling", "0/3 nodes are available");
//
// Fire and forget, as there. One event is the same as another about the same version of an object for the same reason
// and action, whatever its message: the second one begins a series, which is written; later ones are counted here, and
// the count is told every half an hour, and six minutes after the last one, when the series ends. A message is cut to
// the 1,024 bytes that there may be.
//
// Bounded: at most 1,000 writes wait (later ones are dropped, and counted in the log), and the last 1,000 different
// events are remembered; one that is forgotten ends its series with what was told of it.
#pragma once

#include <cleat/sdk/events.h>

#include <memory>
#include <string>
#include <string_view>

namespace cleat {

struct SeriesRecorderOptions {
  std::string instance;  // which of those with the controller's name it is; empty: the one on this machine
  size_t mostWaiting = 1000;
  size_t mostRemembered = 1000;
};

// What happened, beside whom it happened to. All of it must be said, but for `related`: who else had to do with it.
struct Happening {
  std::string type;  // "Normal" or "Warning"
  std::string reason, action, message;
  ObjectReference related;
};

class SeriesRecorder {
 public:
  SeriesRecorder(Context& context, std::string controller, SeriesRecorderOptions options = {});
  ~SeriesRecorder();

  void record(const ObjectReference& about, Happening happening);
  template <class K>
  void normal(const Object<K>& about, std::string_view reason, std::string_view action, std::string_view message) {
    record(referenceTo(about), {"Normal", std::string(reason), std::string(action), std::string(message), {}});
  }
  template <class K>
  void warning(const Object<K>& about, std::string_view reason, std::string_view action, std::string_view message) {
    record(referenceTo(about), {"Warning", std::string(reason), std::string(action), std::string(message), {}});
  }

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace cleat
