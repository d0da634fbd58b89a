// What a plugin does wrong and goes on after is counted each time, and told once a minute.
#include <gmock/gmock.h>

#include "tests/core/host/host_fixture.h"

namespace cleat::host {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Troubles : public HostTest {
 protected:
  Troubles() {
    HostOptions options;
    options.dataDir = folder + "/plugins";
    options.metrics = &metrics;
    options.notice = [this](const PluginNotice& notice) {
      EXPECT_TRUE(notice.warning);
      told.push_back(notice.plugin + " " + notice.reason);
      lastMessage = notice.message;
    };
    host = std::make_unique<PluginHost>(executor, kinds, options);
    host->setCluster(cluster);
  }

  std::vector<std::string> told;
  std::string lastMessage;
};

TEST_F(Troubles, AnAnswerThatIsNoneIsToldOnceAMinute) {
  ASSERT_TRUE(load("echo"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call("echo", kGarbage).status, CLEAT_FAILED);
  EXPECT_THAT(told, ElementsAre("echo Malformed"));
  EXPECT_THAT(lastMessage, HasSubstr("plugin echo answered "));
  executor.advance(59s);
  call("echo", kGarbage);
  EXPECT_EQ(told.size(), 1u);
  executor.advance(1s);
  call("echo", kGarbage);
  EXPECT_THAT(told, ElementsAre("echo Malformed", "echo Malformed"));
  EXPECT_THAT(metrics.text(), HasSubstr("cleat_plugin_malformed_total{plugin=\"echo\"} 5\n"));
}

TEST_F(Troubles, OfEachPluginByItself) {
  ASSERT_TRUE(load("echo"));
  ASSERT_TRUE(load("echo-concurrent"));
  call("echo", kGarbage);
  call("echo-concurrent", kGarbage);
  EXPECT_THAT(told, ElementsAre("echo Malformed", "echo-concurrent Malformed"));
}

}  // namespace
}  // namespace cleat::host
