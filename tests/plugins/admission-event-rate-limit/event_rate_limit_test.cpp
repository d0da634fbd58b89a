#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/events_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "plugins/admission-event-rate-limit/rate_limit.h"
#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::Event;
using testing::ElementsAre;

class EventRateLimitTest : public testing::Test {
 protected:
  void start(const std::string& limits) {
    plugin.emplace(host.start(cleat_plugin_v1(), {{"limits", limits}}));
    host.settle();
  }
  // "" where it is let through.
  std::string tell(const char* ns, const char* user, const char* about = "web") {
    auto event = test::named<Event>(ns, "e");
    event->initInvolvedObject().setName(about);
    auto outcome = test::admit<Event>(*plugin, test::Pass::validate, {.ns = ns, .name = "e", .user = user},
                                      std::move(event).freeze());
    if (outcome.ok()) return {};
    EXPECT_EQ(outcome.status.code, 429);
    EXPECT_EQ(outcome.status.reason, "TooManyRequests");
    return outcome.status.message;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(EventRateLimitTest, ItSeesEventsOfBothGroups) {
  start("Server qps=1 burst=1");
  EXPECT_THAT(test::interestsOf(*plugin),
              ElementsAre("validate create events", "validate update events", "validate create events.k8s.io/events",
                          "validate update events.k8s.io/events"));
}

TEST_F(EventRateLimitTest, ABurstIsLetThroughAndThenSoManyASecond) {
  start("Server qps=2 burst=3");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(tell("default", "jane"), "");
  constexpr const char* kRefusal = "Too many requests: limit reached on type Server for key ";
  EXPECT_EQ(tell("default", "jane"), kRefusal);
  EXPECT_EQ(tell("other", "joe"), kRefusal) << "of everybody";
  host.advance(500ms);
  EXPECT_EQ(tell("default", "jane"), "");
  EXPECT_EQ(tell("default", "jane"), kRefusal);
  host.advance(1h);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(tell("default", "jane"), "");
  EXPECT_EQ(tell("default", "jane"), kRefusal) << "no more than a burst is saved up";
}

TEST_F(EventRateLimitTest, EachNamespaceUserAndPairHasItsOwn) {
  start("Namespace qps=1 burst=2,User qps=1 burst=3,SourceAndObject qps=1 burst=1");
  EXPECT_EQ(tell("a", "jane", "web"), "");
  EXPECT_EQ(tell("a", "joe", "web"), "Too many requests: limit reached on type SourceAndObject for key web");
  EXPECT_EQ(tell("a", "jane", "db"), "Too many requests: limit reached on type Namespace for key a");
  EXPECT_EQ(tell("b", "jane", "cache"), "");
  EXPECT_EQ(tell("b", "jane", "web"),
            "Too many requests: [limit reached on type User for key jane, limit reached on type SourceAndObject for "
            "key web]");
}

TEST(RateLimit, ForgetsTheKeyThatWasUsedLongestAgo) {
  RateLimit limit({.type = LimitType::user, .qps = 1, .burst = 1, .cacheSize = 2});
  const Instant now{};
  EXPECT_TRUE(limit.tryTake("a", now));
  EXPECT_TRUE(limit.tryTake("b", now));
  EXPECT_FALSE(limit.tryTake("a", now));
  EXPECT_TRUE(limit.tryTake("c", now));
  EXPECT_FALSE(limit.tryTake("a", now)) << "used since";
  EXPECT_TRUE(limit.tryTake("b", now)) << "begins anew";
}

TEST(RateLimit, IsReadFromItsSetting) {
  auto limit = parseLimit("Namespace qps=50 burst=100 cache_size=2000", "limits[0]");
  ASSERT_TRUE(limit);
  EXPECT_EQ(limit->type, LimitType::nameSpace);
  EXPECT_EQ(limit->qps, 50);
  EXPECT_EQ(limit->burst, 100);
  EXPECT_EQ(limit->cacheSize, 2000);
  const std::pair<const char*, const char*> wrongs[] = {
      {"",
       "limits[0].type: Unsupported value: \"\": supported values: \"Namespace\", \"Server\", \"SourceAndObject\", \"User\""},
      {"Pod qps=1 burst=1",
       "limits[0].type: Unsupported value: \"Pod\": supported values: \"Namespace\", \"Server\", \"SourceAndObject\", \"User\""},
      {"User qps=1", "limits[0].burst: Invalid value: 0: must be positive"},
      {"User qps=-1 burst=1", "limits[0].qps: Invalid value: -1: must be positive"},
      {"User qps=x burst=1", "limits[0].qps: Invalid value: \"x\": must be a number"},
      {"User qps=1 burst=1 cache_size=0", "limits[0].cache_size: Invalid value: 0: must be positive"},
      {"User qps=1 burst=1 size", "limits[0]: \"size\" is none of qps=N, burst=N and cache_size=N"}};
  for (const auto& [text, message] : wrongs) {
    auto wrong = parseLimit(text, "limits[0]");
    ASSERT_FALSE(wrong) << text;
    EXPECT_EQ(wrong.error().message, message);
  }
}

TEST_F(EventRateLimitTest, WithoutALimitItDoesNotStart) {
  start("");
  EXPECT_FALSE(plugin->ready());
}

}  // namespace
}  // namespace cleat
