#include "core/app/plugin_notices.h"

#include <cleat/schema/role/notices.methods.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/base/log.h"
#include "core/base/manual_executor.h"

namespace cleat::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Plugins that write down what they are told: "a: Crashed x2", and fail for as long as a test wants.
class Listeners final : public gate::Roles {
 public:
  std::vector<std::string> chain(std::string_view role) const override {
    return role == "notices" ? plugins : std::vector<std::string>();
  }
  Ref<const gate::Message> interests(const std::string&) const override { return {}; }
  Task<gate::RoleAnswer> call(std::string_view plugin, gate::RoleCall call) override {
    const std::string name(plugin);
    std::string line = name + ":";
    for (auto one : call.params->root<role::TellParams>().getHappenings()) {
      line += concat(" ", one.getPlugin(), " ", one.getReason(), " x", one.getCount());
      times.push_back(one.getFirstTime());
    }
    gate::RoleAnswer answer;
    if (failing.contains(name)) {
      answer.status = CLEAT_RETRY;
      answer.error = Status::unavailable("not now");
      line += " (failed)";
    }
    told.push_back(line);
    co_return answer;
  }

  std::vector<std::string> plugins, told;
  std::vector<int64_t> times;
  std::set<std::string> failing;
};

class PluginNoticesTest : public ::testing::Test {
 protected:
  void happens(const std::string& plugin, const std::string& reason, bool warning = true) {
    notices->note({plugin, reason, "it " + reason, warning});
    executor.runUntilIdle();
    executor.advance(0s);
  }
  void listen(std::vector<std::string> plugins) {
    roles.plugins = std::move(plugins);
    notices->begin(roles);
    executor.advance(0s);
  }
  std::vector<std::string> told() { return std::exchange(roles.told, {}); }

  base::LogCapture quiet{[](base::LogLevel, std::string_view, std::string_view) {}};
  base::ManualExecutor executor;
  base::Metrics metrics;
  Listeners roles;
  std::shared_ptr<PluginNotices> notices = std::make_shared<PluginNotices>(executor, metrics);
};

TEST_F(PluginNoticesTest, EachPluginOfTheRoleIsToldAtOnce) {
  listen({"first", "second"});
  EXPECT_THAT(told(), IsEmpty());
  happens("a", "Crashed");
  EXPECT_THAT(told(), ElementsAre("first: a Crashed x1", "second: a Crashed x1"));
}

TEST_F(PluginNoticesTest, WhatHappensBeforeThereIsWhoToTellIsToldFirst) {
  happens("a", "FailedToStart");
  happens("b", "FailedToStart");
  listen({"first"});
  EXPECT_THAT(told(), ElementsAre("first: a FailedToStart x1 b FailedToStart x1"));
}

TEST_F(PluginNoticesTest, TheSameThatHappensAgainInAMomentIsOneWithACount) {
  listen({"first"});
  happens("a", "Crashed");
  EXPECT_THAT(told(), ElementsAre("first: a Crashed x1"));
  for (int i = 0; i < 3; ++i) {
    happens("a", "Crashed");
    happens("a", "Restarted", false);
  }
  EXPECT_THAT(told(), IsEmpty()) << "one call a second";
  executor.advance(1s);
  EXPECT_THAT(told(), ElementsAre("first: a Crashed x3 a Restarted x3"));
  EXPECT_EQ(std::set<int64_t>(roles.times.begin(), roles.times.end()).size(), 3u) << "by time they are told apart";
}

TEST_F(PluginNoticesTest, WhatOneHasNotHeardComesAgainAsItWasAndKeepsNobodyElse) {
  listen({"deaf", "first"});
  roles.failing = {"deaf"};
  happens("a", "Crashed");
  EXPECT_THAT(told(), ElementsAre("deaf: a Crashed x1 (failed)", "first: a Crashed x1"));
  executor.advance(1s);
  EXPECT_THAT(told(), ElementsAre("deaf: a Crashed x1 (failed)"));
  happens("a", "Crashed");
  executor.advance(1s);
  EXPECT_THAT(told(), ::testing::UnorderedElementsAre("first: a Crashed x1", "deaf: a Crashed x1 (failed)"));
  roles.failing.clear();
  executor.advance(1min);
  EXPECT_THAT(told(), ElementsAre("deaf: a Crashed x1", "deaf: a Crashed x1")) << "the call that failed, then the rest";
  executor.advance(1min);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(PluginNoticesTest, AsMuchIsKeptAsHasAnEnd) {
  listen({"deaf"});
  roles.failing = {"deaf"};
  for (int i = 0; i < 1000; ++i) happens(concat("p", i), "Crashed");
  executor.advance(10min);
  told();
  roles.failing.clear();
  executor.advance(1min);
  size_t heard = 0;
  for (const std::string& line : told()) heard += static_cast<size_t>(std::ranges::count(line, 'x'));
  EXPECT_EQ(heard, 256u);
}

TEST_F(PluginNoticesTest, WithoutWhoeverHearsMetricsAndHealthSayIt) {
  listen({});
  EXPECT_EQ(notices->lastOf("a"), "");
  happens("a", "Restarted", false);
  EXPECT_EQ(notices->lastOf("a"), "") << "good news";
  happens("a", "Stuck");
  EXPECT_THAT(notices->lastOf("a"), HasSubstr("Stuck at "));
  happens("a", "Crashed");
  happens("a", "Crashed");
  EXPECT_THAT(notices->lastOf("a"), HasSubstr("Crashed 2 times, at last at "));
  EXPECT_THAT(notices->lastOf("a"), HasSubstr(": it Crashed"));
  EXPECT_EQ(notices->lastOf("b"), "");
  EXPECT_THAT(metrics.text(), HasSubstr(R"(cleat_plugin_notices_total{plugin="a",reason="Crashed"} 2)"));
  executor.advance(1s);
  EXPECT_EQ(executor.nextTimer(), INT64_MAX) << "nothing is tried again";
}

TEST_F(PluginNoticesTest, NobodyIsToldOnceItHasStopped) {
  listen({"first"});
  notices->stop();
  happens("a", "Crashed");
  executor.advance(1min);
  EXPECT_THAT(told(), IsEmpty());
}

}  // namespace
}  // namespace cleat::app
