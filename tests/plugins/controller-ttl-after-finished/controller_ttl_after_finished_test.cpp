#include <cleat/sdk/kinds/batch_v1.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using batch_v1::Job;

class TtlAfterFinishedTest : public testing::Test {
 protected:
  TtlAfterFinishedTest() {
    host.know<Job>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  void put(std::optional<int> ttl) {
    auto job = test::named<Job>("default", "sum");
    job->initSpec();
    if (ttl) job->getSpec().initTtlSecondsAfterFinished().setValue(*ttl);
    host.put(std::move(job));
    host.settle();
  }
  void end(const std::string& type) {
    host.change<Job>("default", "sum", [&](auto job) {
      const ConditionUpdate update{type, "True", "", "", formatTime(host.wallNow())};
      setCondition<batch_v1::JobCondition>(job.getStatus(), update);
    });
    host.settle();
  }
  bool isThere() { return bool(host.get<Job>("default", "sum")); }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(TtlAfterFinishedTest, AJobGoesWhenItsTimeIsOver) {
  for (const char* type : {"Complete", "Failed"}) {
    put(60);
    host.advance(1h);
    EXPECT_TRUE(isThere()) << "its time begins with its end";
    end(type);
    host.advance(59s);
    EXPECT_TRUE(isThere()) << type;
    host.advance(1s);
    EXPECT_FALSE(isThere()) << type;
  }
  plugin->stop();
  EXPECT_EQ(host.heldObjects(), 0u);
}

TEST_F(TtlAfterFinishedTest, ItGoesAtOnceWithNoTime) {
  put(0);
  end("Complete");
  EXPECT_FALSE(isThere());
}

TEST_F(TtlAfterFinishedTest, WithoutATimeItStays) {
  put(std::nullopt);
  end("Complete");
  end("FailureTarget");
  host.advance(24h);
  EXPECT_TRUE(isThere());
}

TEST_F(TtlAfterFinishedTest, WhatIsOnlyAboutToEndStays) {
  put(0);
  end("SuccessCriteriaMet");
  host.advance(1h);
  EXPECT_TRUE(isThere());
}

TEST_F(TtlAfterFinishedTest, TheTimeCanBeChanged) {
  put(60);
  end("Complete");
  host.change<Job>("default", "sum", [](auto job) { job.getSpec().getTtlSecondsAfterFinished().setValue(100); });
  host.settle();
  host.advance(99s);
  EXPECT_TRUE(isThere());
  host.advance(1s);
  EXPECT_FALSE(isThere());
}

TEST_F(TtlAfterFinishedTest, OneThatGetsMoreTimeAtTheLastMomentStays) {
  put(60);
  end("Complete");
  bool changed = false;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (verb == "get" && !std::exchange(changed, true)) {
      host.change<Job>("default", "sum", [](auto job) { job.getSpec().getTtlSecondsAfterFinished().setValue(600); });
    }
    return {};
  });
  host.advance(60s);
  EXPECT_TRUE(changed);
  EXPECT_TRUE(isThere());
  host.advance(540s);
  EXPECT_FALSE(isThere());
}

TEST_F(TtlAfterFinishedTest, AJobThatHadEndedBeforeIsSeenTo) {
  plugin.reset();
  put(60);
  end("Failed");
  host.advance(1h);
  plugin.emplace(host.start(cleat_plugin_v1()));
  host.settle();
  EXPECT_FALSE(isThere());
}

}  // namespace
}  // namespace cleat
