#include <cleat/schema/role/notices.methods.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::Event;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kSecond = 1'000'000'000;

class NoticesEventsTest : public testing::Test {
 protected:
  NoticesEventsTest() { host.know<Event>(); }

  // A crash of "checker" that happened twice, and a restart after it.
  static void crashAndRestart(role::TellParams::Builder params) {
    auto list = params.initHappenings(2);
    list[0].setPlugin("checker");
    list[0].setReason("Crashed");
    list[0].setMessage("its process was killed by signal 6");
    list[0].setIsWarning(true);
    list[0].setCount(2);
    list[0].setFirstTime(kSecond);
    list[0].setLastTime(3 * kSecond);
    list[1].setPlugin("checker");
    list[1].setReason("Restarted");
    list[1].setMessage("it runs again");
    list[1].setCount(1);
    list[1].setFirstTime(4 * kSecond);
    list[1].setLastTime(4 * kSecond);
  }
  std::vector<std::string> reasons() {
    std::vector<std::string> all;
    for (const auto& event : host.list<Event>()) all.push_back(str(event->getReason()));
    return all;
  }

  test::FakeHost host;
};

TEST_F(NoticesEventsTest, EachHappeningIsAnEventAboutThePlugin) {
  auto plugin = host.start(cleat_plugin_v1());
  ASSERT_TRUE(plugin.call(role::notices::tell, crashAndRestart).ok());
  const auto events = host.list<Event>("default");
  ASSERT_EQ(events.size(), 2u);
  const auto& crash = events[0];
  EXPECT_EQ(str(crash.name()), "checker.000000003b9aca00");
  EXPECT_EQ(view(crash->getInvolvedObject().getApiVersion()), "cleat.dev/v1");
  EXPECT_EQ(view(crash->getInvolvedObject().getKind()), "Plugin");
  EXPECT_EQ(view(crash->getInvolvedObject().getName()), "checker");
  EXPECT_EQ(view(crash->getInvolvedObject().getNamespace()), "");
  EXPECT_EQ(view(crash->getReason()), "Crashed");
  EXPECT_EQ(view(crash->getMessage()), "its process was killed by signal 6");
  EXPECT_EQ(view(crash->getType()), "Warning");
  EXPECT_EQ(crash->getCount(), 2);
  EXPECT_EQ(view(crash->getFirstTimestamp()), "1970-01-01T00:00:01Z");
  EXPECT_EQ(view(crash->getLastTimestamp()), "1970-01-01T00:00:03Z");
  EXPECT_EQ(view(crash->getSource().getComponent()), "cleat-plugins");
  EXPECT_EQ(view(crash->getReportingComponent()), "cleat-plugins");
  EXPECT_EQ(view(events[1]->getReason()), "Restarted");
  EXPECT_EQ(view(events[1]->getType()), "Normal");
}

TEST_F(NoticesEventsTest, WhatIsToldAgainIsWrittenOnce) {
  auto plugin = host.start(cleat_plugin_v1());
  ASSERT_TRUE(plugin.call(role::notices::tell, crashAndRestart).ok());
  EXPECT_TRUE(plugin.call(role::notices::tell, crashAndRestart).ok());
  EXPECT_THAT(reasons(), ElementsAre("Crashed", "Restarted"));
}

TEST_F(NoticesEventsTest, WhatCannotBeWrittenIsNotHeardUntilItCan) {
  auto plugin = host.start(cleat_plugin_v1());
  bool down = true;
  host.onRequest([&](auto, auto, auto) -> Result<void> {
    if (down) return fail(Status::notFound("namespaces", "default"));
    return {};
  });
  auto refused = plugin.call(role::notices::tell, crashAndRestart);
  EXPECT_EQ(refused.outcome, CLEAT_FAILED);
  EXPECT_THAT(reasons(), IsEmpty());
  EXPECT_THAT(host.reports().back(), testing::HasSubstr("cannot write an event"));
  down = false;
  EXPECT_TRUE(plugin.call(role::notices::tell, crashAndRestart).ok());
  EXPECT_THAT(reasons(), ElementsAre("Crashed", "Restarted"));
  EXPECT_EQ(host.reports().back(), "");
}

TEST_F(NoticesEventsTest, AnEventThatNobodyTakesKeepsNoOtherBack) {
  auto plugin = host.start(cleat_plugin_v1());
  bool first = true;
  host.onRequest([&](auto, auto, auto) -> Result<void> {
    if (std::exchange(first, false)) return fail(Status::invalid("Event", "checker", {}));
    return {};
  });
  EXPECT_TRUE(plugin.call(role::notices::tell, crashAndRestart).ok());
  EXPECT_THAT(reasons(), ElementsAre("Restarted"));
}

}  // namespace
}  // namespace cleat
