// Says of pods that they have been bound, by an event each. While many are being bound that waits: an event costs a
// write as a binding does, and nobody needs it as soon. What waits is told a second's worth at a time when there is
// calm, or when it has waited long enough; more than can be remembered is not told.
#pragma once

#include <cleat/sdk/event_series.h>
#include <cleat/sdk/kinds/core_v1.h>

#include <deque>
#include <functional>
#include <string>

namespace cleat::scheduling {

using core_v1::Pod;

class Announcements {
 public:
  static constexpr size_t kCalm = 8;  // bindings under way
  static constexpr Duration kLongest = std::chrono::seconds(5);
  static constexpr size_t kMost = 20'000;
  static constexpr Duration kTurn = std::chrono::milliseconds(50);
  static constexpr size_t kInATurn = 50;

  // `underWay`: how many bindings are.
  Announcements(Context& context, std::function<size_t()> underWay)
      : context_(context), underWay_(std::move(underWay)) {}

  void bound(const Object<Pod>& pod, const std::string& node);

 private:
  struct Waiting {
    ObjectReference pod;
    std::string message;
    Instant since;
  };
  void arm();
  void turn();
  void tell(const Waiting& one) { events_.record(one.pod, {"Normal", "Scheduled", "Binding", one.message, {}}); }

  Context& context_;
  const std::function<size_t()> underWay_;
  SeriesRecorder events_{context_, "default-scheduler"};
  std::deque<Waiting> waiting_;
  size_t untold_ = 0;
  Timer timer_;
};

}  // namespace cleat::scheduling
