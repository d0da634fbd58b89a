#include "core/app/test_clock.h"

#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::app {
namespace {

// Of the machine's time, for what is to be done at one time of the server's.
constexpr std::chrono::seconds kAtRestWithin(30);

}  // namespace

Result<int64_t> TestClock::settle() {
  const int64_t until = time_.machine().now() + std::chrono::nanoseconds(kAtRestWithin).count();
  // What is done may be done here, by the store's thread or in a plugin's process, and each may give work to the
  // others: it is over when all have been asked in turn and nothing has been begun or said meanwhile.
  for (uint64_t begun = time_.begun();;) {
    const std::chrono::nanoseconds left(until - time_.machine().now());
    if (left.count() <= 0 || !time_.waitUntilIdle(left)) {
      return fail(
          Status::timeout(concat("what the server and its plugins do comes to no end without the time's moving, in ",
                                 kAtRestWithin.count(), " s")));
    }
    store_.finishWrites();
    const host::PluginHost::AllAtRest plugins = host_.setClocks(left);
    if (!plugins.restless.empty()) {
      return fail(Status::timeout(
          concat("what these plugins do comes to no end without the time's moving: ", joined(plugins.restless, ", "))));
    }
    const uint64_t now = time_.begun();
    if (begun == now && frames_ == plugins.all.frames && time_.waitUntilIdle(std::chrono::nanoseconds(0))) {
      return std::min(time_.nextTimer(), plugins.all.nextTimer);
    }
    begun = now;
    frames_ = plugins.all.frames;
  }
}

Result<int64_t> TestClock::advance(std::chrono::nanoseconds by) {
  const int64_t end = time_.now() + by.count();
  CLEAT_TRY(int64_t next, settle());
  while (next <= end) {
    // First all clocks, then what is due by them.
    time_.set(next);
    static_cast<void>(host_.setClocks(kAtRestWithin));  // who is restless is so when it settles too
    time_.fire();
    CLEAT_TRY(next, settle());
  }
  time_.set(end);
  CLEAT_TRY(settle());
  return time_.wallNow();
}

}  // namespace cleat::app
