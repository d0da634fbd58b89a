// A pod whose containers get new sizes while they run.
#include "tests/plugins/agent/node_fixture.h"

namespace cleat::agent::test {
namespace {

using Amounts = std::vector<std::pair<std::string, std::string>>;

void set(capnp::List<meta_v1::TextEntry>::Builder list, const Amounts& amounts) {
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setKey(amounts[i].first);
    list[i].setValue(amounts[i].second);
  }
}

class Resize : public ::testing::Test {
 protected:
  void SetUp() override { node_.startAgent(); }

  static void setResources(Pod::Builder pod, const Amounts& requests, const Amounts& limits) {
    auto resources = pod.getSpec().getContainers()[0].initResources();
    if (!requests.empty()) set(resources.initRequests(static_cast<uint32_t>(requests.size())), requests);
    if (!limits.empty()) set(resources.initLimits(static_cast<uint32_t>(limits.size())), limits);
  }
  void start(const Amounts& requests, const Amounts& limits, const char* restartedFor = nullptr) {
    auto pod = podNamed("web", "OnFailure");
    pod->getMetadata().setGeneration(1);
    setResources(*pod, requests, limits);
    if (restartedFor != nullptr) {
      auto policy = pod->getSpec().getContainers()[0].initResizePolicy(1)[0];
      policy.setResourceName(restartedFor);
      policy.setRestartPolicy("RestartContainer");
    }
    node_.put(std::move(pod));
    node_.advance(1s);
    node_.runtime().log.clear();
  }
  void resize(const Amounts& requests, const Amounts& limits) {
    node_.host().change<Pod>("default", "web", [&](Pod::Builder pod) {
      pod.getMetadata().setGeneration(pod.getMetadata().getGeneration() + 1);
      setResources(pod, requests, limits);
    });
    node_.settle();
  }
  std::string reason(std::string_view type) {
    held_.push_back(node_.pod("web"));
    auto found = findCondition(held_.back()->getStatus().getConditions(), type);
    return found ? str(found->getReason()) : "absent";
  }
  std::string actual(const char* resource) {
    return std::string(valueIn(node_.status("web").getResources().getRequests(), resource));
  }
  std::string granted(const char* resource) {
    return std::string(valueIn(node_.status("web").getAllocatedResources(), resource));
  }

  NodeFixture node_;
  std::vector<Object<Pod>> held_;
};

TEST_F(Resize, GivesTheRunningContainerItsNewShareOfTheProcessor) {
  start({{"cpu", "20m"}}, {});
  EXPECT_EQ(actual("cpu"), "20m");
  resize({{"cpu", "30m"}}, {});
  EXPECT_EQ(node_.runtime().log,
            (std::vector<std::string>{"update sandbox 30", "update main 30", "update sandbox 30"}));
  EXPECT_EQ(actual("cpu"), "30m");
  EXPECT_EQ(granted("cpu"), "30m");
  EXPECT_EQ(node_.status("web").getRestartCount(), 0);
  EXPECT_EQ(node_.condition("web", "PodResizeInProgress"), "absent");
  EXPECT_EQ(node_.pod("web")->getStatus().getObservedGeneration(), 2);
  EXPECT_TRUE(node_.hasEvent("ResizeStarted",
                             "Pod resize started: {\"containers\":[{\"name\":\"main\",\"resources\":"
                             "{\"requests\":{\"cpu\":\"30m\"}}}],\"generation\":2}"));
  EXPECT_TRUE(node_.hasEvent("ResizeCompleted", "Pod resize completed: "));
}

TEST_F(Resize, ThePodGrowsBeforeItsContainerAndShrinksAfterIt) {
  start({{"cpu", "30m"}}, {});
  resize({{"cpu", "20m"}}, {});
  EXPECT_EQ(node_.runtime().log,
            (std::vector<std::string>{"update sandbox 30", "update main 20", "update sandbox 20"}));
}

TEST_F(Resize, RestartsTheContainerWhereItsPolicySaysSo) {
  start({{"cpu", "20m"}, {"memory", "20Mi"}}, {{"memory", "40Mi"}}, "memory");
  resize({{"cpu", "20m"}, {"memory", "30Mi"}}, {{"memory", "50Mi"}});
  node_.advance(2s);
  EXPECT_EQ(node_.runtime().count("stop main"), 1);
  EXPECT_EQ(node_.runtime().count("create main 1"), 1);
  EXPECT_EQ(node_.runtime().find("main")->memoryLimitBytes, 50u << 20);
  EXPECT_EQ(node_.status("web").getRestartCount(), 1);
  EXPECT_EQ(actual("memory"), "30Mi");
  EXPECT_TRUE(node_.hasEvent("Killing", "Container main resize requires restart"));
  EXPECT_TRUE(node_.hasEvent("ResizeCompleted", ""));
  EXPECT_EQ(node_.condition("web", "PodResizeInProgress"), "absent");
}

TEST_F(Resize, ARestartForItComesHoweverTheContainerEnds) {
  start({{"cpu", "20m"}}, {}, "cpu");
  node_.runtime().stopsAtOnce = false;
  resize({{"cpu", "30m"}}, {});
  EXPECT_EQ(node_.condition("web", "PodResizeInProgress"), "True");
  node_.runtime().exit("main", 0);
  node_.advance(2s);
  EXPECT_EQ(node_.runtime().count("create main 1"), 1);
  EXPECT_EQ(node_.phase("web"), "Running");
  EXPECT_EQ(node_.runtime().find("main")->cpuShares, 30u);
}

TEST_F(Resize, WhatTheNodeDoesNotHaveIsDeferredUntilItHas) {
  start({{"cpu", "20m"}}, {});
  resize({{"cpu", "100000"}}, {});
  EXPECT_EQ(reason("PodResizePending"), "Deferred");
  EXPECT_TRUE(node_.hasEvent("ResizeDeferred", "Node didn't have enough resource: cpu, requested: 100000000, used: 0"));
  EXPECT_EQ(granted("cpu"), "20m");
  EXPECT_EQ(node_.runtime().count("update"), 0);
  node_.runtime().exit("main", 1);
  node_.advance(2s);
  EXPECT_EQ(node_.runtime().find("main")->cpuShares, 20u) << "it restarts with what it was granted";
  resize({{"cpu", "30m"}}, {});
  EXPECT_EQ(reason("PodResizePending"), "absent");
  EXPECT_EQ(granted("cpu"), "30m");
}

TEST_F(Resize, OneThatFailsIsSaidAndTriedAgain) {
  start({{"cpu", "20m"}}, {});
  node_.runtime().failUpdate = "the runtime does not like it";
  resize({{"cpu", "30m"}}, {});
  EXPECT_EQ(reason("PodResizeInProgress"), "Error");
  EXPECT_TRUE(node_.hasEvent("ResizeError", "the runtime does not like it"));
  EXPECT_EQ(actual("cpu"), "20m");
  EXPECT_EQ(granted("cpu"), "30m");
  node_.runtime().failUpdate.reset();
  node_.advance(5s);
  EXPECT_EQ(actual("cpu"), "30m");
  EXPECT_EQ(reason("PodResizeInProgress"), "absent");
}

TEST_F(Resize, AMemoryLimitBelowWhatIsUsedIsRefused) {
  start({{"memory", "20Mi"}}, {{"memory", "20Mi"}});
  node_.runtime().find("main")->memoryUsageBytes = 15 << 20;
  resize({{"memory", "10Mi"}}, {{"memory", "10Mi"}});
  EXPECT_EQ(reason("PodResizeInProgress"), "Error");
  EXPECT_TRUE(node_.hasEvent(
      "ResizeError",
      "attempting to set container \\\"main\\\" memory limit (10485760) below current usage (15728640)"));
  resize({{"memory", "20Mi"}}, {{"memory", "20Mi"}});
  EXPECT_EQ(reason("PodResizeInProgress"), "absent");
}

TEST_F(Resize, ARestartedAgentGoesOnWithIt) {
  start({{"cpu", "20m"}}, {});
  node_.runtime().failUpdate = "not now";
  resize({{"cpu", "30m"}}, {});
  node_.stopAgent();
  node_.runtime().failUpdate.reset();
  node_.startAgent();
  node_.advance(2s);
  EXPECT_EQ(node_.runtime().find("main")->cpuShares, 30u);
  EXPECT_EQ(actual("cpu"), "30m");
  EXPECT_EQ(reason("PodResizeInProgress"), "absent");
  EXPECT_EQ(node_.status("web").getRestartCount(), 0);
}

TEST_F(Resize, ARestartedAgentGrantsNoMoreThanItsPredecessor) {
  start({{"cpu", "20m"}}, {});
  resize({{"cpu", "100000"}}, {});
  node_.stopAgent();
  node_.startAgent();
  node_.advance(2s);
  EXPECT_EQ(reason("PodResizePending"), "Deferred");
  EXPECT_EQ(granted("cpu"), "20m");
  EXPECT_EQ(actual("cpu"), "20m");
}

}  // namespace
}  // namespace cleat::agent::test
