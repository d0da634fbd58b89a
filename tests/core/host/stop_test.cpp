// What is in progress when the host is stopped.
#include "tests/core/host/host_fixture.h"

namespace cleat::host {
namespace {

// The host is asked to stop while its plugin has asked for something that the cluster does not answer.
class StoppedInBetween : public HostTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(load("echo"));
    cluster.silent = true;
    spawn(host->call("echo", {echoMethod(kCluster), refParams("x"), {}}), [](const RoleAnswer&) {});
    executor.runUntilIdle();
    ASSERT_EQ(cluster.lastUser(), "system:plugin:echo");
    spawn(stop());
  }
  Task<void> stop() {
    co_await host->stop();
    stopped = true;
  }
  bool stopped = false;
};

// It uses the cluster, which goes as soon as the host has stopped.
TEST_F(StoppedInBetween, WhatAPluginHasAskedForEndsFirst) {
  executor.advance(1s);
  EXPECT_FALSE(stopped);
  cluster.speakAgain();
  executor.runUntilIdle();
  EXPECT_TRUE(stopped);
  EXPECT_FALSE(lines.have("did not end"));
}

TEST_F(StoppedInBetween, WhatIsNeverAnsweredIsNotWaitedForLong) {
  executor.advance(3s);
  EXPECT_TRUE(stopped);
  EXPECT_TRUE(lines.have("warn host: what plugins had asked for did not end when they were stopped"));
  cluster.speakAgain();
}

}  // namespace
}  // namespace cleat::host
