#include <cleat/sdk/kinds/coordination_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using coordination_v1::Lease;
using core_v1::Event;
using core_v1::Node;
using core_v1::Pod;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class NodeLifecycleTest : public testing::Test {
 protected:
  void start(const test::Settings& settings = {}) {
    host.know<Node>();
    host.know<Lease>();
    host.know<Pod>();
    host.know<Event>();
    plugin.emplace(host.start(cleat_plugin_v1(), settings));
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  void node(const std::string& name, const char* zone = nullptr) {
    auto draft = test::makeNode(name, {});
    if (zone != nullptr) setLabel(draft.meta(), "topology.kubernetes.io/zone", zone);
    host.put(std::move(draft));
    post(name);
  }
  void post(const std::string& name, const char* ready = "True") {
    host.change<Node>("", name, [&](Node::Builder changed) {
      setCondition<core_v1::NodeCondition>(changed.getStatus(),
                                           {"Ready", ready, "Said", "", formatTime(host.wallNow())});
      changed.getStatus().getConditions()[0].setLastHeartbeatTime(formatTime(host.wallNow()));
    });
  }
  void renew(const std::string& name) {
    auto lease = test::named<Lease>("kube-node-lease", name);
    lease->initSpec().setRenewTime(formatMicroTime(host.wallNow()));
    host.put(std::move(lease));
  }
  // Time passes, and those that are named renew their leases.
  void live(Duration time, const std::vector<std::string>& names) {
    for (Duration passed{}; passed < time; passed += 10s) {
      for (const std::string& name : names) renew(name);
      host.advance(10s);
    }
  }
  void pod(const std::string& name, const std::string& node) {
    auto draft = test::makePod(name);
    draft->getSpec().setNodeName(node);
    host.put(std::move(draft));
    test::setPodReady(host, "default", name);
    host.settle();
  }
  bool isReady(const std::string& pod) {
    return conditionIs(host.get<Pod>("default", pod)->getStatus().getConditions(), "Ready", "True");
  }
  std::string readiness(const std::string& name) {
    auto node = host.get<Node>(name);
    auto ready = findCondition(node->getStatus().getConditions(), "Ready");
    return ready ? concat(ready->getStatus(), " ", ready->getReason()) : "none";
  }
  std::vector<std::string> taints(const std::string& name) {
    std::vector<std::string> all;
    auto node = host.get<Node>(name);
    for (auto taint : node->getSpec().getTaints()) all.push_back(concat(taint.getKey(), ":", taint.getEffect()));
    return all;
  }
  std::vector<std::string> events() {
    std::vector<std::string> all;
    for (const auto& event : host.list<Event>()) {
      all.push_back(concat(event->getType(), " ", event->getReason(), " ", event->getMessage()));
    }
    return all;
  }
  std::vector<std::string> tainted(const std::vector<std::string>& names) {
    std::vector<std::string> found;
    for (const std::string& name : names) {
      if (!taints(name).empty()) found.push_back(name);
    }
    return found;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
  const std::string kUnreachable = "node.kubernetes.io/unreachable:NoExecute";
  const std::string kNotReady = "node.kubernetes.io/not-ready:NoExecute";
};

TEST_F(NodeLifecycleTest, ANodeThatIsNotHeardOfIsUnknownAndItsPodsAreNotReady) {
  start();
  node("a");
  node("b");
  pod("here", "a");
  pod("there", "b");
  live(5min, {"a", "b"});
  EXPECT_EQ(readiness("b"), "True Said");
  EXPECT_THAT(events(), Contains("Normal RegisteredNode Node b event: Registered Node b in Controller"));
  live(40s, {"a"});
  EXPECT_EQ(readiness("b"), "True Said");
  live(30s, {"a"});
  EXPECT_EQ(readiness("b"), "Unknown NodeStatusUnknown");
  EXPECT_EQ(readiness("a"), "True Said");
  EXPECT_THAT(taints("b"), ElementsAre(kUnreachable));
  EXPECT_THAT(taints("a"), IsEmpty());
  EXPECT_FALSE(isReady("there"));
  EXPECT_TRUE(isReady("here"));
  EXPECT_THAT(events(), Contains("Normal NodeNotReady Node b status is now: NodeNotReady"));
  EXPECT_THAT(events(), Contains("Warning NodeNotReady Node is not ready"));
  test::setPodReady(host, "default", "there");
  live(10s, {"a"});
  EXPECT_FALSE(isReady("there")) << "nobody vouches for it";

  post("b");
  live(10s, {"a", "b"});
  EXPECT_THAT(taints("b"), IsEmpty());
  test::setPodReady(host, "default", "there");
  live(5min, {"a", "b"});
  EXPECT_TRUE(isReady("there"));
  host.remove<Node>("", "b");
  host.settle();
  EXPECT_THAT(events(), Contains("Normal RemovingNode Node b event: Removing Node b from Controller"));
  plugin->stop();
  EXPECT_EQ(host.heldObjects(), 0u);
}

// The server knows whether a Lease is as old as it looks here.
TEST_F(NodeLifecycleTest, NobodyIsJudgedByALeaseThatCannotBeAskedFor) {
  start();
  node("a");
  node("b");
  live(1min, {"a", "b"});
  bool deaf = true;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (deaf && verb == "get" && resource == "leases") return fail(Status::unavailable("not now"));
    return {};
  });
  live(2min, {"a"});
  EXPECT_EQ(readiness("b"), "True Said");
  deaf = false;
  live(10s, {"a"});
  EXPECT_EQ(readiness("b"), "Unknown NodeStatusUnknown");
}

TEST_F(NodeLifecycleTest, ANodeThatSaysItselfThatItIsNotReadyIsToBeLeft) {
  start();
  node("a");
  node("b");
  pod("there", "b");
  live(20s, {"a", "b"});
  post("b", "False");
  live(10s, {"a", "b"});
  EXPECT_THAT(taints("b"), ElementsAre(kNotReady));
  EXPECT_FALSE(isReady("there"));
  test::setPodReady(host, "default", "there");
  live(20s, {"a", "b"});
  EXPECT_TRUE(isReady("there")) << "its agent looks after it";
  live(70s, {"a"});
  EXPECT_THAT(taints("b"), ElementsAre(kUnreachable)) << "one in place of the other";
}

TEST_F(NodeLifecycleTest, ANodeThatHasNeverSaidAnythingHasAMinute) {
  start();
  node("a");
  host.put(test::makeNode("b", {}));
  live(50s, {"a"});
  EXPECT_EQ(readiness("b"), "none");
  live(20s, {"a"});
  EXPECT_EQ(readiness("b"), "Unknown NodeStatusNeverUpdated");
  EXPECT_THAT(taints("b"), ElementsAre(kUnreachable));
}

TEST_F(NodeLifecycleTest, OneNodeAfterTheOtherLosesItsPods) {
  start();
  const std::vector<std::string> all = {"a", "b", "c", "d", "e"};
  for (const std::string& name : all) node(name);
  live(60s, {"a", "b", "c"});
  host.advance(5s);
  EXPECT_EQ(tainted(all).size(), 1u);
  live(10s, {"a", "b", "c"});
  EXPECT_EQ(tainted(all).size(), 2u);
}

TEST_F(NodeLifecycleTest, NothingIsMovedWhenNoNodeIsReady) {
  start({{"node_eviction_rate", "10"}});
  const std::vector<std::string> all = {"a", "b", "c"};
  for (const std::string& name : all) node(name);
  live(70s, {"a", "b"});
  EXPECT_THAT(tainted(all), ElementsAre("c"));
  host.advance(2min);
  EXPECT_EQ(readiness("a"), "Unknown NodeStatusUnknown");
  EXPECT_THAT(tainted(all), IsEmpty()) << "the fault may be on this side";
  post("a");
  live(10s, {"a"});
  EXPECT_THAT(tainted({"a"}), IsEmpty());
  live(60s, {"a"});
  EXPECT_THAT(tainted(all), ElementsAre("b", "c"));
}

TEST_F(NodeLifecycleTest, ASmallZoneMuchOfWhichHasFailedKeepsItsPods) {
  start({{"node_eviction_rate", "10"}});
  for (const char* name : {"a", "b", "c", "d"}) node(name, "east");
  for (const char* name : {"w", "x"}) node(name, "west");
  live(70s, {"a", "w"});
  EXPECT_THAT(tainted({"a", "b", "c", "d", "w", "x"}), ElementsAre("x"));
}

TEST_F(NodeLifecycleTest, WhatOthersWriteMeanwhileIsNotLost) {
  start();
  node("a");
  node("b");
  int left = 2;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view key) -> Result<void> {
    if (verb != "update" || resource != "nodes" || key != "b" || left-- <= 0) return {};
    return fail(Status::conflict("nodes", "b", "somebody was quicker"));
  });
  live(70s, {"a"});
  EXPECT_THAT(taints("b"), ElementsAre(kUnreachable));
}

TEST_F(NodeLifecycleTest, ARateThatIsNoNumberIsRefused) {
  host.know<Node>();
  auto wrong = host.start(cleat_plugin_v1(), {{"node_eviction_rate", "fast"}});
  EXPECT_FALSE(wrong.ready());
  EXPECT_THAT(wrong.readyError(), HasSubstr("node_eviction_rate: \"fast\" is no number that is 0 or more"));
}

}  // namespace
}  // namespace cleat
