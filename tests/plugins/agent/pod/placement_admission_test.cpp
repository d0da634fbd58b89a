// A pod that was given to this node past the scheduler is held against what the API says of the node.
#include <functional>

#include "tests/plugins/agent/node_fixture.h"
#include "tests/plugins/objects.h"

namespace cleat::agent::test {
namespace {

using cleat::test::fillMap;
using cleat::test::Pairs;

constexpr const char* kSelection = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";

class PlacementAdmission : public ::testing::Test {
 protected:
  void SetUp() override { node_.startAgent(); }

  void changeNode(const std::function<void(core_v1::Node::Builder)>& change) {
    node_.host().change<core_v1::Node>("", "node1", change);
  }
  void give(const char* resource, const char* amount) {
    changeNode([&](core_v1::Node::Builder node) {
      for (bool capacity : {true, false}) {
        auto status = node.getStatus();
        auto before = capacity ? status.asReader().getCapacity() : status.asReader().getAllocatable();
        auto list = withEntry(before, orphanageOf(status), resource, amount);
        capacity ? status.adoptCapacity(std::move(list)) : status.adoptAllocatable(std::move(list));
      }
    });
  }
  void taint(const char* effect) {
    changeNode([&](core_v1::Node::Builder node) {
      auto taint = (node.hasSpec() ? node.getSpec() : node.initSpec()).initTaints(1)[0];
      taint.setKey("example.com/closed");
      taint.setEffect(effect);
    });
  }
  void put(const char* name, const std::function<void(Pod::Builder)>& edit) {
    auto pod = podNamed(name);
    edit(*pod);
    node_.put(std::move(pod));
    node_.advance(2s);
  }
  std::string outcomeOf(const char* name) {
    auto status = node_.pod(name)->getStatus();
    if (view(status.getPhase()) != "Failed") return str(status.getPhase());
    EXPECT_EQ(node_.runtime().count(concat("create ", name)), 0);
    const std::string_view message = view(status.getMessage());
    EXPECT_TRUE(message.starts_with("Pod was rejected: ")) << message;
    EXPECT_TRUE(
        node_.hasEvent(view(status.getReason()), message.substr(std::string_view("Pod was rejected: ").size())));
    return concat(status.getReason(), ": ", message.substr(std::string_view("Pod was rejected: ").size()));
  }

  NodeFixture node_;
};

void request(Pod::Builder pod, const Pairs& amounts) {
  fillMap(pod.getSpec().getContainers()[0].initResources().initRequests(amounts.size()), amounts);
}

core_v1::NodeSelectorTerm::Builder requiredTerm(Pod::Builder pod) {
  return pod.getSpec()
      .initAffinity()
      .initNodeAffinity()
      .initRequiredDuringSchedulingIgnoredDuringExecution()
      .initNodeSelectorTerms(1)[0];
}

void listenAt(Pod::Builder pod, const char* address, int32_t port) {
  auto entry = pod.getSpec().getContainers()[0].initPorts(1)[0];
  entry.setContainerPort(80);
  entry.setHostPort(port);
  entry.setHostIP(address);
}

TEST_F(PlacementAdmission, TheSelectorsLabelsMustBeTheNodes) {
  auto select = [](Pod::Builder pod) { fillMap(pod.getSpec().initNodeSelector(1), {{"disk", "ssd"}}); };
  put("without", select);
  EXPECT_EQ(outcomeOf("without"), concat("NodeAffinity: ", kSelection));
  EXPECT_EQ(node_.runtime().count("run sandbox"), 0);
  // What the node is now counts, not what has been seen of it.
  changeNode([](core_v1::Node::Builder node) { setLabel(node.getMetadata(), "disk", "ssd"); });
  put("with", select);
  EXPECT_EQ(outcomeOf("with"), "Running");
  changeNode([](core_v1::Node::Builder node) { setLabel(node.getMetadata(), "disk", "tape"); });
  node_.advance(5s);
  EXPECT_EQ(outcomeOf("with"), "Running");
}

TEST_F(PlacementAdmission, AndARequiredAffinityIsMet) {
  put("elsewhere", [](Pod::Builder pod) {
    auto requirement = requiredTerm(pod).initMatchFields(1)[0];
    requirement.setKey("metadata.name");
    requirement.setOperator("In");
    requirement.initValues(1).set(0, "node2");
  });
  EXPECT_EQ(outcomeOf("elsewhere"), concat("NodeAffinity: ", kSelection));
  put("otherwise", [](Pod::Builder pod) {
    auto requirement = requiredTerm(pod).initMatchExpressions(1)[0];
    requirement.setKey("kubernetes.io/hostname");
    requirement.setOperator("NotIn");
    requirement.initValues(1).set(0, "node1");
  });
  EXPECT_EQ(outcomeOf("otherwise"), concat("NodeAffinity: ", kSelection));
  put("here", [](Pod::Builder pod) {
    auto requirement = requiredTerm(pod).initMatchFields(1)[0];
    requirement.setKey("metadata.name");
    requirement.setOperator("In");
    requirement.initValues(1).set(0, "node1");
  });
  EXPECT_EQ(outcomeOf("here"), "Running");
}

TEST_F(PlacementAdmission, WhatTheNodeDoesNotHaveNobodyGets) {
  put("unknown", [](Pod::Builder pod) { request(pod, {{"example.com/dongle", "1"}}); });
  EXPECT_EQ(outcomeOf("unknown"),
            "OutOfexample.com/dongle: Node didn't have enough resource: example.com/dongle, requested: 1, used: 0, "
            "capacity: 0");
  put("huge", [](Pod::Builder pod) { request(pod, {{"hugepages-2Mi", "4Mi"}, {"memory", "1Mi"}}); });
  EXPECT_EQ(outcomeOf("huge"),
            "OutOfhugepages-2Mi: Node didn't have enough resource: hugepages-2Mi, requested: 4194304, used: 0, "
            "capacity: 0");
  put("disk", [](Pod::Builder pod) { request(pod, {{"ephemeral-storage", "1Ei"}}); });
  EXPECT_TRUE(outcomeOf("disk").starts_with("OutOfephemeral-storage: ")) << outcomeOf("disk");
}

TEST_F(PlacementAdmission, WhatDevicesProvideTheNodeNeedNotHave) {
  put("devices", [](Pod::Builder pod) {
    request(pod, {{"example.com/dongle", "1"}, {"example.com/other", "1"}});
    auto status = pod.hasStatus() ? pod.getStatus() : pod.initStatus();
    auto claim = status.initExtendedResourceClaimStatus();
    claim.setResourceClaimName("devices-x");
    claim.initRequestMappings(1)[0].setResourceName("example.com/dongle");
  });
  EXPECT_EQ(outcomeOf("devices"),
            "OutOfexample.com/other: Node didn't have enough resource: example.com/other, requested: 1, used: 0, "
            "capacity: 0");
}

TEST_F(PlacementAdmission, AndWhatItHasNoTwoGet) {
  give("example.com/dongle", "2");
  put("first", [](Pod::Builder pod) { request(pod, {{"example.com/dongle", "2"}}); });
  EXPECT_EQ(outcomeOf("first"), "Running");
  put("second", [](Pod::Builder pod) { request(pod, {{"example.com/dongle", "1"}}); });
  EXPECT_EQ(outcomeOf("second"),
            "OutOfexample.com/dongle: Node didn't have enough resource: example.com/dongle, requested: 1, used: 2, "
            "capacity: 2");
  node_.requestDeletion("first", 0);
  node_.advance(3s);
  put("third", [](Pod::Builder pod) { request(pod, {{"example.com/dongle", "1"}}); });
  EXPECT_EQ(outcomeOf("third"), "Running");
}

TEST_F(PlacementAdmission, NoTwoListenAtOnePort) {
  put("first", [](Pod::Builder pod) { listenAt(pod, "192.0.2.1", 8080); });
  EXPECT_EQ(outcomeOf("first"), "Running");
  put("everywhere", [](Pod::Builder pod) { listenAt(pod, "", 8080); });
  EXPECT_EQ(outcomeOf("everywhere"),
            "NodePorts: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports");
  put("beside", [](Pod::Builder pod) { listenAt(pod, "192.0.2.2", 8080); });
  EXPECT_EQ(outcomeOf("beside"), "Running");
}

TEST_F(PlacementAdmission, ATaintThatEvictsKeepsOutAsWell) {
  taint("NoSchedule");
  put("placed", [](Pod::Builder) {});
  EXPECT_EQ(outcomeOf("placed"), "Running");
  taint("NoExecute");
  node_.settle();
  put("late", [](Pod::Builder) {});
  EXPECT_EQ(outcomeOf("late"),
            "TaintToleration: Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate");
  put("tolerant", [](Pod::Builder pod) {
    auto toleration = pod.getSpec().initTolerations(1)[0];
    toleration.setKey("example.com/closed");
    toleration.setOperator("Exists");
  });
  EXPECT_EQ(outcomeOf("tolerant"), "Running");
}

TEST_F(PlacementAdmission, ALabelForAnotherOperatingSystemIsRefused) {
  put("web", [](Pod::Builder pod) { setLabel(pod.getMetadata(), "kubernetes.io/os", "windows"); });
  EXPECT_EQ(
      outcomeOf("web"),
      "PodOSSelectorNodeLabelDoesNotMatch: Failed to admit pod as the `kubernetes.io/os` label doesn't match node "
      "label");
}

TEST_F(PlacementAdmission, NothingIsDecidedWhileTheNodeIsNotKnown) {
  auto gone = node_.host().get<core_v1::Node>("", "node1");
  node_.host().remove<core_v1::Node>("", "node1");
  node_.settle();
  put("web", [](Pod::Builder) {});
  EXPECT_EQ(outcomeOf("web"), "");
  EXPECT_EQ(node_.runtime().count("run sandbox"), 0);
  node_.host().put(Draft<core_v1::Node>(gone));
  node_.advance(2s);
  EXPECT_EQ(outcomeOf("web"), "Running");
}

TEST_F(PlacementAdmission, AfterARestartThoseThatRunKeepWhatTheyHave) {
  give("example.com/dongle", "1");
  put("old", [](Pod::Builder pod) { request(pod, {{"example.com/dongle", "1"}}); });
  EXPECT_EQ(outcomeOf("old"), "Running");
  node_.stopAgent();
  auto early = podNamed("early");
  request(*early, {{"example.com/dongle", "1"}});
  node_.put(std::move(early));
  node_.startAgent();
  node_.advance(3s);
  EXPECT_EQ(outcomeOf("old"), "Running");
  EXPECT_TRUE(outcomeOf("early").starts_with("OutOfexample.com/dongle: ")) << outcomeOf("early");
}

}  // namespace
}  // namespace cleat::agent::test
