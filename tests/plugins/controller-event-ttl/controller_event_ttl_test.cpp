#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::Event;
using testing::ElementsAre;
using testing::IsEmpty;

class EventTtlTest : public testing::Test {
 protected:
  EventTtlTest() { host.know<Event>(); }

  void start(const test::Settings& settings = {}) { plugin.emplace(host.start(cleat_plugin_v1(), settings)); }
  Draft<Event> event(const std::string& name) { return test::named<Event>("default", name); }
  std::string inTime(Duration from) { return formatTime(host.wallNow() + from); }
  std::vector<std::string> events() {
    std::vector<std::string> names;
    for (const auto& one : host.list<Event>()) names.emplace_back(one.name());
    return names;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(EventTtlTest, AnEventGoesAnHourAfterItWasLastSeen) {
  start();
  host.put(event("created"));
  auto counted = event("counted");
  counted->setLastTimestamp(inTime(30min));
  counted->setFirstTimestamp(inTime(0s));
  host.advance(30min);
  host.put(std::move(counted));
  host.advance(29min);
  EXPECT_THAT(events(), ElementsAre("counted", "created"));
  host.advance(2min);
  EXPECT_THAT(events(), ElementsAre("counted"));
  host.advance(30min);
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(EventTtlTest, AnEventThatHappensAgainLivesOn) {
  start();
  host.put(event("again"));
  host.advance(50min);
  host.change<Event>("default", "again",
                     [&](auto one) { one.initSeries().setLastObservedTime(formatMicroTime(host.wallNow())); });
  host.advance(50min);
  EXPECT_THAT(events(), ElementsAre("again"));
  host.advance(11min);
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(EventTtlTest, WhatIsOldWhenItStartsGoesAtOnce) {
  auto old = event("old");
  host.put(std::move(old));
  host.advance(2h);
  host.put(event("new"));
  start({{"ttl", "90m"}});
  host.settle();
  EXPECT_THAT(events(), ElementsAre("new"));
}

TEST_F(EventTtlTest, AWrongClocksFutureBuysNothing) {
  start();
  auto late = event("late");
  late->setLastTimestamp(inTime(24h * 365));
  host.put(std::move(late));
  host.advance(59min);
  EXPECT_THAT(events(), ElementsAre("late"));
  host.advance(2min);
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(EventTtlTest, OneThatChangesWhileItIsDeletedIsLookedAtAgain) {
  start();
  host.put(event("busy"));
  bool once = true;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (verb != "delete" || !std::exchange(once, false)) return {};
    return fail(Status::conflict("events", "busy", "it has changed"));
  });
  host.advance(61min);
  EXPECT_THAT(events(), ElementsAre("busy"));
  host.change<Event>("default", "busy", [&](auto one) { one.setLastTimestamp(formatTime(host.wallNow())); });
  host.settle();
  host.advance(59min);
  EXPECT_THAT(events(), ElementsAre("busy"));
  host.advance(2min);
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(EventTtlTest, ATtlOfNothingIsRefused) {
  start({{"ttl", "0s"}});
  EXPECT_EQ(plugin->readyError(), "ttl: it must be longer than nothing");
}

}  // namespace
}  // namespace cleat
