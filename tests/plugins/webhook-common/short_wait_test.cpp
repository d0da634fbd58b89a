// How long a thread that others need may wait for an answer.
#include "plugins/webhook-common/short_wait.h"

#include <gtest/gtest.h>

namespace cleat::webhook {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using Duration = ShortWaits::Duration;

constexpr ShortWaits::Clock::time_point kStart{seconds(100)};
constexpr Duration kLongest = microseconds(500), kQuick = microseconds(100);

TEST(ShortWaits, AServerThatWasQuickIsWaitedFor) {
  ShortWaits waits(kLongest);
  EXPECT_EQ(waits.allowed(kStart, kQuick), kLongest);
}

TEST(ShortWaits, AServerThatWasSlowIsNot) {
  ShortWaits waits(kLongest);
  EXPECT_EQ(waits.allowed(kStart, kLongest + Duration(1)), Duration::zero());
}

TEST(ShortWaits, NobodyIsWaitedForWhereThatIsNotAskedFor) {
  ShortWaits waits(Duration::zero());
  EXPECT_EQ(waits.allowed(kStart, Duration::zero()), Duration::zero());
}

TEST(ShortWaits, HalfOfTheTimeIsLeftToOthers) {
  ShortWaits waits(kLongest);
  auto now = kStart;
  Duration waited{0};
  while (now < kStart + seconds(1)) {
    const Duration most = waits.allowed(now, kQuick);
    if (most > Duration::zero()) {
      waits.spend(kQuick);
      waited += kQuick;
    }
    now += kQuick;  // another call comes at once
  }
  EXPECT_GT(waited, std::chrono::milliseconds(450));
  EXPECT_LT(waited, std::chrono::milliseconds(550));
}

TEST(ShortWaits, WhoCallsNowAndThenMayAlwaysWait) {
  ShortWaits waits(kLongest);
  for (auto now = kStart; now < kStart + seconds(1); now += 3 * kQuick) {
    ASSERT_GE(waits.allowed(now, kQuick), kQuick);
    waits.spend(kQuick);
  }
}

}  // namespace
}  // namespace cleat::webhook
