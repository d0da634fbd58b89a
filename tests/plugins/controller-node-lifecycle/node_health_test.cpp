// Which nodes are heard of, and what is written of those that are not.
#include "plugins/controller-node-lifecycle/node_health.h"

#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

namespace cleat::lifecycle {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const WallTime kWall = *parseTime(std::string_view("2026-01-01T12:00:00Z"));
constexpr Instant kStart{1000s};

Object<Node> nodeWith(const char* ready, const char* heartbeat, const char* uid = "u") {
  auto node = test::makeNode("n", {});
  node.meta().setUid(uid);
  node.meta().setCreationTimestamp("2026-01-01T11:59:50Z");
  if (ready != nullptr) {
    setCondition<core_v1::NodeCondition>(node->getStatus(), {"Ready", ready, "", "", "2026-01-01T00:00:00Z"});
    node->getStatus().getConditions()[0].setLastHeartbeatTime(heartbeat);
  }
  return std::move(node).freeze();
}
Object<Lease> leaseOf(const char* renewal) {
  auto lease = test::named<Lease>("kube-node-lease", "n");
  lease->initSpec().setRenewTime(renewal);
  return std::move(lease).freeze();
}
NodeHealth health() { return NodeHealth({.silence = 50s, .startup = 60s}); }

TEST(NodeHealth, ANodeLivesByItsLeaseOrItsStatus) {
  NodeHealth seen = health();
  const auto node = nodeWith("True", "h1");
  EXPECT_FALSE(seen.isSilent(node, kStart)) << "one that was never seen";
  seen.see(node, leaseOf("r1"), kStart, kWall);
  EXPECT_FALSE(seen.isSilent(node, kStart + 50s));
  EXPECT_TRUE(seen.isSilent(node, kStart + 51s));
  seen.see(node, leaseOf("r2"), kStart + 40s, kWall);
  EXPECT_FALSE(seen.isSilent(node, kStart + 90s));
  seen.see(nodeWith("True", "h2"), leaseOf("r2"), kStart + 80s, kWall);
  EXPECT_FALSE(seen.isSilent(node, kStart + 130s));
  seen.see(nodeWith("True", "h2"), leaseOf("r2"), kStart + 120s, kWall);
  EXPECT_TRUE(seen.isSilent(node, kStart + 131s)) << "that was no news";
}

TEST(NodeHealth, ANodeThatHasNeverSaidAnythingHasHadTheTimeSinceItWasMade) {
  NodeHealth seen = health();
  const auto node = nodeWith(nullptr, "");  // ten seconds old
  seen.see(node, {}, kStart, kWall);
  EXPECT_FALSE(seen.isSilent(node, kStart + 50s));
  EXPECT_TRUE(seen.isSilent(node, kStart + 51s));
  Object<Node> silent = std::move(*silenced(node, kWall)).freeze();
  seen.see(silent, {}, kStart + 55s, kWall);
  EXPECT_TRUE(seen.isSilent(silent, kStart + 56s)) << "what was written here is no sign of life";
}

TEST(NodeHealth, AnotherNodeOfTheNameBeginsAnew) {
  NodeHealth seen = health();
  seen.see(nodeWith("True", "h"), {}, kStart, kWall);
  const auto other = nodeWith("True", "h", "v");
  seen.see(other, {}, kStart + 60s, kWall);
  EXPECT_FALSE(seen.isSilent(other, kStart + 100s));
}

TEST(NodeHealth, TimeInWhichNobodyListenedIsExcused) {
  NodeHealth seen = health();
  const auto node = nodeWith("True", "h");
  seen.see(node, {}, kStart, kWall);
  seen.excuse(100s);
  EXPECT_FALSE(seen.isSilent(node, kStart + 150s));
  EXPECT_TRUE(seen.isSilent(node, kStart + 151s));
  seen.beginAnew(kStart + 200s);
  EXPECT_FALSE(seen.isSilent(node, kStart + 250s));
}

TEST(Silenced, WhatNobodyVouchesForIsUnknown) {
  Draft<Node> draft(nodeWith("True", "h"));
  setCondition<core_v1::NodeCondition>(draft->getStatus(), {"NetworkUnavailable", "False", "", "", ""});
  setCondition<core_v1::NodeCondition>(draft->getStatus(), {"DiskPressure", "Unknown", "Mine", "", ""});
  auto silent = silenced(std::move(draft).freeze(), kWall);
  ASSERT_TRUE(silent);
  const Object<Node> node = std::move(*silent).freeze();
  std::vector<std::string> shown;
  for (auto condition : node->getStatus().getConditions()) {
    shown.push_back(concat(condition.getType(), " ", condition.getStatus(), " ", condition.getReason()));
  }
  EXPECT_THAT(shown, ElementsAre("Ready Unknown NodeStatusUnknown", "NetworkUnavailable False ",
                                 "DiskPressure Unknown Mine", "MemoryPressure Unknown NodeStatusNeverUpdated",
                                 "PIDPressure Unknown NodeStatusNeverUpdated"));
  auto ready = *findCondition(node->getStatus().getConditions(), "Ready");
  EXPECT_EQ(view(ready.getMessage()), "Kubelet stopped posting node status.");
  EXPECT_EQ(view(ready.getLastHeartbeatTime()), "h");
  EXPECT_EQ(view(ready.getLastTransitionTime()), "2026-01-01T12:00:00Z");
  auto never = *findCondition(node->getStatus().getConditions(), "PIDPressure");
  EXPECT_EQ(view(never.getMessage()), "Kubelet never posted node status.");
  EXPECT_EQ(view(never.getLastHeartbeatTime()), "2026-01-01T11:59:50Z");
  EXPECT_FALSE(silenced(node, kWall));
}

TEST(WithTaint, OneOfTheTwoOrNone) {
  auto shown = [](const Object<Node>& node) {
    std::vector<std::string> all;
    for (auto taint : node->getSpec().getTaints()) {
      std::string_view key = view(taint.getKey());
      all.push_back(concat(key.substr(key.rfind('/') + 1), ":", taint.getEffect()));
    }
    return all;
  };
  Draft<Node> draft(nodeWith("False", "h"));
  auto taints = draft->getSpec().initTaints(2);
  taints[0].setKey("mine");
  taints[0].setEffect("NoExecute");
  taints[1].setKey("node.kubernetes.io/not-ready");
  taints[1].setEffect("NoSchedule");
  const Object<Node> bare = std::move(draft).freeze();
  EXPECT_FALSE(withTaint(bare, "", kWall));
  const Object<Node> tainted = std::move(*withTaint(bare, kNotReadyTaint, kWall)).freeze();
  EXPECT_THAT(shown(tainted), ElementsAre("mine:NoExecute", "not-ready:NoSchedule", "not-ready:NoExecute"));
  EXPECT_EQ(view(tainted->getSpec().getTaints()[2].getTimeAdded()), "2026-01-01T12:00:00Z");
  EXPECT_TRUE(hasTaint(tainted, kNotReadyTaint));
  EXPECT_FALSE(withTaint(tainted, kNotReadyTaint, kWall));
  const Object<Node> other = std::move(*withTaint(tainted, kUnreachableTaint, kWall)).freeze();
  EXPECT_THAT(shown(other), ElementsAre("mine:NoExecute", "not-ready:NoSchedule", "unreachable:NoExecute"));
  EXPECT_THAT(shown(std::move(*withTaint(other, "", kWall)).freeze()),
              ElementsAre("mine:NoExecute", "not-ready:NoSchedule"));
}

}  // namespace
}  // namespace cleat::lifecycle
