// How fast nodes of a zone lose their pods.
#include "plugins/controller-node-lifecycle/zones.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

namespace cleat::lifecycle {
namespace {

using namespace std::chrono_literals;

constexpr Instant kBegin{1000s};
const Limits kLimits{
    .perSecond = 0.1, .perSecondWhenPartial = 0.01, .largeZone = 50, .unhealthyPart = 0.55, .period = 5s};

TEST(Zones, ANodeIsWhereItsLabelsSay) {
  EXPECT_EQ(zoneOf(test::makeNode("n", {}).freeze()), "");
  EXPECT_EQ(
      zoneOf(test::makeNode("n", {}, {{"topology.kubernetes.io/region", "r"}, {"topology.kubernetes.io/zone", "z"}})
                 .freeze()),
      "r/z");
  EXPECT_EQ(zoneOf(test::makeNode("n", {}, {{"failure-domain.beta.kubernetes.io/zone", "z"}}).freeze()), "/z");
}

struct StateCase {
  ZoneCount count;
  ZoneState state;
};
TEST(Zones, AreAsTheirNodesAre) {
  const StateCase cases[] = {
      {{.ready = 3, .notReady = 0}, ZoneState::normal},  {{.ready = 1, .notReady = 2}, ZoneState::normal},
      {{.ready = 2, .notReady = 3}, ZoneState::partial}, {{.ready = 3, .notReady = 3}, ZoneState::normal},
      {{.ready = 0, .notReady = 1}, ZoneState::full},    {{.ready = 0, .notReady = 9}, ZoneState::full},
  };
  for (const StateCase& each : cases) {
    EXPECT_EQ(zoneStateOf(each.count, kLimits), each.state) << each.count.ready << " " << each.count.notReady;
  }
}

int taken(Zones& zones, const std::string& zone, Instant from, Duration during) {
  int count = 0;
  for (Instant now = from; now <= from + during; now += 5s) count += zones.take(zone, now);
  return count;
}

TEST(Zones, OneNodeAfterTheOther) {
  Zones zones(kLimits);
  zones.update({{"a", {.ready = 5, .notReady = 2}}});
  EXPECT_TRUE(zones.take("a", kBegin));
  EXPECT_FALSE(zones.take("a", kBegin));
  EXPECT_EQ(taken(zones, "a", kBegin + 5s, 95s), 10);
  EXPECT_TRUE(zones.take("a", kBegin + 1h));
  EXPECT_FALSE(zones.take("a", kBegin + 1h)) << "what was not taken is not saved up";
  EXPECT_FALSE(zones.take("unknown", kBegin + 2h));
}

TEST(Zones, AsManyBetweenTwoLooksAsTheRateSays) {
  Limits fast = kLimits;
  fast.perSecond = 2;
  Zones zones(fast);
  zones.update({{"a", {.ready = 50, .notReady = 30}}});
  int count = 0;
  while (zones.take("a", kBegin)) ++count;
  EXPECT_EQ(count, 10);
}

TEST(Zones, OfOneThatHasFailedInPartFewOrNone) {
  Zones zones(kLimits);
  zones.update({{"small", {.ready = 2, .notReady = 8}}, {"large", {.ready = 20, .notReady = 40}}});
  EXPECT_EQ(taken(zones, "small", kBegin, 200s), 0);
  EXPECT_EQ(taken(zones, "large", kBegin, 200s), 3);
}

TEST(Zones, OneThatHasFailedEntirelyIsLeftAsUsualWhileAnotherWorks) {
  Zones zones(kLimits);
  EXPECT_EQ(zones.update({{"a", {.ready = 0, .notReady = 3}}, {"b", {.ready = 3, .notReady = 0}}}),
            Zones::Change::none);
  EXPECT_TRUE(zones.take("a", kBegin));
  EXPECT_EQ(zones.update({{"a", {.ready = 0, .notReady = 3}}, {"b", {.ready = 0, .notReady = 3}}}),
            Zones::Change::stopped);
  EXPECT_TRUE(zones.areStopped());
  EXPECT_FALSE(zones.take("a", kBegin + 1h));
  EXPECT_EQ(zones.update({{"a", {.ready = 0, .notReady = 3}}, {"b", {.ready = 1, .notReady = 2}}}),
            Zones::Change::resumed);
  EXPECT_TRUE(zones.take("a", kBegin + 2h));
  EXPECT_EQ(zones.update({}), Zones::Change::none);
}

}  // namespace
}  // namespace cleat::lifecycle
