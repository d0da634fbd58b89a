#include <cleat/sdk/event_series.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::Event;
using core_v1::Pod;
using test::FakeHost;

class SeriesTest : public testing::Test {
 protected:
  SeriesTest() {
    Draft<Pod> draft;
    draft->initMetadata().setName("web");
    draft->getMetadata().setNamespace("default");
    pod = host.put(std::move(draft));
  }
  void record(std::string_view message = "no room") {
    plugin.enter([&] { recorder.warning(pod, "FailedScheduling", "Scheduling", message); });
    host.settle();
  }
  size_t updates() {
    return static_cast<size_t>(std::ranges::count_if(
        host.requests(), [](const std::string& request) { return request.starts_with("update events"); }));
  }
  // "COUNT LAST" of the only event there is; "none" where it is no series.
  std::string series() {
    auto all = host.list<Event>();
    if (all.size() != 1) return concat(all.size(), " events");
    if (!all[0]->hasSeries()) return "none";
    return concat(all[0]->getSeries().getCount(), " ", all[0]->getSeries().getLastObservedTime());
  }
  FakeHost host;
  Object<Pod> pod;
  test::Started<test::EmptyPlugin> plugin = host.start<test::EmptyPlugin>();
  SeriesRecorder recorder{plugin->context(),
                          "default-scheduler",
                          {.instance = "default-scheduler-n1", .mostWaiting = 3, .mostRemembered = 2}};
};

TEST_F(SeriesTest, EventsHaveTheNewerForm) {
  record("0/3 nodes are available");
  ASSERT_EQ(host.list<Event>().size(), 1u);
  const Object<Event> event = host.list<Event>()[0];
  EXPECT_EQ(event.key(), "default/web.188672522994ca00");
  EXPECT_EQ(view(event->getInvolvedObject().getKind()), "Pod");
  EXPECT_EQ(view(event->getInvolvedObject().getUid()), pod.uid());
  EXPECT_EQ(view(event->getInvolvedObject().getResourceVersion()), std::to_string(pod.revision()));
  EXPECT_EQ(view(event->getType()), "Warning");
  EXPECT_EQ(view(event->getReason()), "FailedScheduling");
  EXPECT_EQ(view(event->getAction()), "Scheduling");
  EXPECT_EQ(view(event->getMessage()), "0/3 nodes are available");
  EXPECT_EQ(view(event->getEventTime()), "2026-01-01T00:00:01.000000Z");
  EXPECT_EQ(view(event->getReportingComponent()), "default-scheduler");
  EXPECT_EQ(view(event->getReportingInstance()), "default-scheduler-n1");
  EXPECT_FALSE(event->hasSource());
  EXPECT_FALSE(event->hasRelated());
  // For whoever sorts by them.
  EXPECT_EQ(view(event->getFirstTimestamp()).substr(0, 19), view(event->getEventTime()).substr(0, 19));
  EXPECT_EQ(view(event->getLastTimestamp()).substr(0, 19), view(event->getEventTime()).substr(0, 19));
  EXPECT_EQ(event->getCount(), 0);
  EXPECT_EQ(series(), "none");
}

TEST_F(SeriesTest, TheSecondBeginsASeriesAndLaterOnesAreCountedUntilItEnds) {
  record();
  host.advance(10s);
  record("other words");
  EXPECT_EQ(series(), "2 2026-01-01T00:00:11.000000Z");
  EXPECT_EQ(view(host.list<Event>()[0]->getMessage()), "no room");
  for (int i = 0; i < 3; ++i) {
    host.advance(10s);
    record();
  }
  EXPECT_EQ(series(), "2 2026-01-01T00:00:11.000000Z");
  EXPECT_EQ(updates(), 1u);
  host.advance(12min);
  EXPECT_EQ(series(), "5 2026-01-01T00:00:41.000000Z");
  EXPECT_EQ(updates(), 2u);
  host.advance(2h);
  EXPECT_EQ(updates(), 2u) << "it has ended";
  record();
  EXPECT_EQ(host.list<Event>().size(), 2u);
}

TEST_F(SeriesTest, OneThatGoesOnIsToldOfEveryHalfAnHour) {
  for (int i = 0; i < 65; ++i) {
    record();
    host.advance(1min);
  }
  EXPECT_EQ(updates(), 2u);
  EXPECT_EQ(series(), "36 2026-01-01T00:35:01.000000Z");
}

TEST_F(SeriesTest, AnotherVersionOfTheObjectIsAnotherEventAndSoIsAnotherAction) {
  record();
  pod = host.change<Pod>("default", "web", [](auto changed) { changed.getStatus().setMessage("waits"); });
  record();
  EXPECT_EQ(host.list<Event>().size(), 2u);
  plugin.enter([&] { recorder.warning(pod, "FailedScheduling", "Binding", "no room"); });
  host.settle();
  EXPECT_EQ(host.list<Event>().size(), 3u);
}

TEST_F(SeriesTest, WhoElseHadToDoWithItIsNamed) {
  plugin.enter([&] {
    recorder.record(referenceTo(pod), {"Normal", "Preempted", "Preempting", "gone", {"v1", "Pod", "default", "big"}});
  });
  host.settle();
  ASSERT_EQ(host.list<Event>().size(), 1u);
  EXPECT_EQ(view(host.list<Event>()[0]->getRelated().getName()), "big");
  EXPECT_EQ(view(host.list<Event>()[0]->getRelated().getKind()), "Pod");
}

TEST_F(SeriesTest, OneThatHasExpiredIsMadeOnceMore) {
  record();
  const Object<Event> event = host.list<Event>()[0];
  host.remove<Event>(event.ns(), event.name());
  host.advance(10s);
  record();
  EXPECT_EQ(series(), "2 2026-01-01T00:00:11.000000Z");
  EXPECT_EQ(host.list<Event>()[0].name(), event.name());
}

TEST_F(SeriesTest, AMessageIsCutToWhatThereMayBe) {
  record(std::string(1025, 'x'));
  EXPECT_EQ(str(host.list<Event>()[0]->getMessage()), concat(std::string(1020, 'x'), " ..."));
}

TEST_F(SeriesTest, TooManyAtATimeAreDropped) {
  plugin.enter([&] {
    for (int i = 0; i < 20; ++i) recorder.normal(pod, "Noise", std::to_string(i), "noise");
  });
  host.settle();
  EXPECT_EQ(host.list<Event>().size(), 11u) << "eight are written and three wait";
  EXPECT_EQ(host.logLines().back(), "WARN 9 events were dropped: too many at a time");
}

TEST_F(SeriesTest, OneThatHappensAgainWhileItIsWrittenBecomesASeries) {
  plugin.enter([&] {
    for (int i = 0; i < 3; ++i) recorder.normal(pod, "Noise", "Testing", "noise");
  });
  host.settle();
  EXPECT_EQ(host.list<Event>().size(), 1u);
  EXPECT_EQ(updates(), 1u);
  EXPECT_TRUE(host.logLines().empty() || !host.logLines().back().starts_with("WARN"));
}

}  // namespace
}  // namespace cleat
