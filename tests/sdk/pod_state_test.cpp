// Whether pods count, are up, and how often they were restarted.
#include <cleat/sdk/pod_state.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::Pod;

Object<Pod> podIn(const char* phase, bool leaving) {
  auto pod = test::makePod("p");
  pod->initStatus().setPhase(phase);
  if (leaving) pod.meta().setDeletionTimestamp("2026-01-01T00:00:00Z");
  return std::move(pod).freeze();
}

TEST(PodState, APodIsActiveTerminatingOrHasEnded) {
  struct Case {
    const char* phase;
    bool leaving, active, terminating, terminal;
  };
  const Case cases[] = {
      {"", false, true, false, false},          {"Pending", false, true, false, false},
      {"Running", false, true, false, false},   {"Running", true, false, true, false},
      {"Succeeded", false, false, false, true}, {"Failed", false, false, false, true},
      {"Failed", true, false, false, true},
  };
  for (const Case& each : cases) {
    const Object<Pod> pod = podIn(each.phase, each.leaving);
    EXPECT_EQ(isActive(pod), each.active) << each.phase << each.leaving;
    EXPECT_EQ(isTerminating(pod), each.terminating) << each.phase << each.leaving;
    EXPECT_EQ(isTerminal(pod), each.terminal) << each.phase << each.leaving;
  }
}

TEST(PodState, IsAvailableWhenItHasBeenReadyForLongEnough) {
  const WallTime now = *parseTime(std::string_view("2026-01-01T00:01:00Z"));
  auto ready = [](const char* status, const char* since) {
    auto pod = test::makePod("p");
    setCondition<core_v1::PodCondition>(pod->initStatus(), {"Ready", status, "", "", since});
    return std::move(pod).freeze();
  };
  EXPECT_EQ(untilAvailable(podIn("Running", false), 0s, now), std::nullopt);
  EXPECT_EQ(untilAvailable(ready("False", "2026-01-01T00:00:00Z"), 0s, now), std::nullopt);
  EXPECT_EQ(untilAvailable(ready("True", "2026-01-01T00:00:55Z"), 0s, now), Duration::zero());
  EXPECT_EQ(untilAvailable(ready("True", "2026-01-01T00:00:55Z"), 10s, now), Duration(5s));
  EXPECT_EQ(untilAvailable(ready("True", "2026-01-01T00:00:50Z"), 10s, now), Duration::zero());
  EXPECT_EQ(untilAvailable(ready("True", ""), 10s, now), std::nullopt) << "nobody says since when";
  EXPECT_TRUE(isAvailable(ready("True", "2026-01-01T00:00:50Z"), 10s, now));
  EXPECT_FALSE(isAvailable(ready("True", "2026-01-01T00:00:55Z"), 10s, now));
}

}  // namespace
}  // namespace cleat
