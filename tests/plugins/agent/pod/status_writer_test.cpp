#include "pod/status_writer.h"

#include "tests/plugins/agent/pod/part_fixture.h"

namespace cleat::agent::test {
namespace {

class StatusWriterTest : public PartTest {
 protected:
  void publish() {
    enter([&] { parts().publisher.publish(); });
  }
  void seeNewest() {
    enter([&] { parts().pod.status.update(node_.pod("web")); });
  }
  size_t writes() {
    size_t count = 0;
    for (const auto& request : node_.host().requests()) count += request.starts_with("update/status pods") ? 1 : 0;
    return count;
  }
  // Done once, between a read of the agent and its write.
  void meanwhile(std::function<void(core_v1::PodStatus::Builder)> edit) {
    node_.host().onRequest(
        [this, edit, done = false](std::string_view verb, std::string_view, std::string_view) mutable -> Result<void> {
          if (verb != "update/status" || std::exchange(done, true)) return {};
          node_.host().change<Pod>("default", "web", [&](auto pod) { edit(pod.getStatus()); });
          return {};
        });
  }
};

TEST_F(StatusWriterTest, AConditionThatSomebodyElseWritesMeanwhileStays) {
  auto draft = podNamed("web");
  draft->getSpec().initReadinessGates(1)[0].setConditionType("example.com/attached");
  startPod(std::move(draft));
  meanwhile([](auto status) {
    setCondition<core_v1::PodCondition>(status, {"example.com/attached", "True", "Attached", "by a balancer", ""});
  });
  publish();
  EXPECT_EQ(writes(), 2u) << "the first is refused, because it is of an older version";
  EXPECT_EQ(node_.condition("web", "example.com/attached"), "True");
  EXPECT_EQ(node_.condition("web", "ContainersReady"), "True");
  EXPECT_EQ(node_.phase("web"), "Running");
  seeNewest();
  enter([&] { parts().resizer.update(); });
  publish();
  EXPECT_EQ(node_.condition("web", "Ready"), "True");
  EXPECT_EQ(node_.condition("web", "example.com/attached"), "True");
}

TEST_F(StatusWriterTest, FieldsThatAreOthersStay) {
  startPod(podNamed("web"));
  publish();
  meanwhile([](auto status) {
    auto claim = status.initResourceClaimStatuses(1)[0];
    claim.setName("gpu");
    claim.setResourceClaimName("web-gpu");
    status.setNominatedNodeName("node1");
  });
  runtime().exit("main", 1);
  look();
  publish();
  auto status = node_.pod("web")->getStatus();
  ASSERT_EQ(status.getResourceClaimStatuses().size(), 1u);
  EXPECT_EQ(view(status.getResourceClaimStatuses()[0].getResourceClaimName()), "web-gpu");
  EXPECT_EQ(view(status.getNominatedNodeName()), "node1");
  EXPECT_TRUE(node_.status("web").getState().hasTerminated());
}

TEST_F(StatusWriterTest, APodThatSomebodyHasEndedStaysEnded) {
  startPod(podNamed("web"));
  meanwhile([](auto status) {
    status.setPhase("Failed");
    status.setReason("Evicted");
  });
  publish();
  EXPECT_EQ(node_.phase("web"), "Failed");
  EXPECT_EQ(view(node_.pod("web")->getStatus().getReason()), "Evicted");
}

TEST_F(StatusWriterTest, WhatSomebodyChangesOfTheAgentsOwnIsPutRightOnce) {
  startPod(podNamed("web"));
  publish();
  node_.host().change<Pod>("default", "web", [](auto pod) {
    setCondition<core_v1::PodCondition>(pod.getStatus(), {"Ready", "False", "Mine", "says who", ""});
  });
  seeNewest();
  const size_t before = writes();
  publish();
  EXPECT_EQ(writes(), before + 1);
  EXPECT_EQ(node_.condition("web", "Ready"), "True");
  publish();
  seeNewest();
  publish();
  EXPECT_EQ(writes(), before + 1);
  node_.host().change<Pod>("default", "web", [](auto pod) {
    setCondition<core_v1::PodCondition>(pod.getStatus(), {"example.com/other", "True", "Mine", "", ""});
  });
  seeNewest();
  publish();
  EXPECT_EQ(node_.condition("web", "example.com/other"), "True");
}

}  // namespace
}  // namespace cleat::agent::test
