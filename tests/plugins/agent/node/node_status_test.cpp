// What the API is told of the node, and what others have told it stays.
#include "node/node_status.h"

#include "tests/plugins/agent/node_fixture.h"

namespace cleat::agent::test {
namespace {

using core_v1::Node;

class NodeStatusTest : public ::testing::Test {
 protected:
  Object<Node> node() { return node_.host().get<Node>("node1"); }
  std::string capacity(std::string_view resource) { return str(valueIn(node()->getStatus().getCapacity(), resource)); }
  std::string allocatable(std::string_view resource) {
    return str(valueIn(node()->getStatus().getAllocatable(), resource));
  }
  std::string condition(std::string_view type) {
    auto found = findCondition(node()->getStatus().getConditions(), type);
    return found ? concat(found->getStatus(), " ", found->getReason()) : "";
  }
  static std::string str(std::string_view text) { return std::string(text); }
  // As a device plugin's operator and a problem detector do it.
  static void tellOthers(Node::Builder node) {
    auto status = node.getStatus();
    status.adoptCapacity(withEntry(status.asReader().getCapacity(), orphanageOf(status), "example.com/dongle", "3"));
    setCondition<core_v1::NodeCondition>(status, {"KernelDeadlock", "False", "KernelHasNoDeadlock", "fine", ""});
    status.initVolumesInUse(1).set(0, "kubernetes.io/csi/one");
  }
  void expectOthersAreThere() {
    EXPECT_EQ(capacity("example.com/dongle"), "3");
    EXPECT_EQ(allocatable("example.com/dongle"), "3");
    EXPECT_EQ(condition("KernelDeadlock"), "False KernelHasNoDeadlock");
    EXPECT_EQ(node()->getStatus().getVolumesInUse().size(), 1u);
    EXPECT_EQ(condition("Ready"), "True KubeletReady");
  }
  NodeFixture node_;
};

TEST_F(NodeStatusTest, WhatOthersHaveSaidOfTheNodeStays) {
  node_.startAgent();
  ASSERT_EQ(condition("Ready"), "True KubeletReady");
  node_.host().change<Node>("", "node1", tellOthers);
  node_.advance(6min);
  expectOthersAreThere();
}

TEST_F(NodeStatusTest, AlsoWhenTheySayItBetweenAReadAndAWrite) {
  node_.startAgent();
  int conflicts = 0;
  node_.host().onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (verb == "update/status" && conflicts++ == 0) node_.host().change<Node>("", "node1", tellOthers);
    return {};
  });
  node_.advance(6min);
  EXPECT_GE(conflicts, 2) << "the first write is refused";
  expectOthersAreThere();
}

TEST_F(NodeStatusTest, WhoeverHasNotHeardOfItForATimeIsToldAgain) {
  node_.startAgent();
  node_.host().change<Node>("", "node1", [](Node::Builder node) {
    setCondition<core_v1::NodeCondition>(node.getStatus(), {"Ready", "Unknown", "NodeStatusUnknown", "", ""});
    setCondition<core_v1::NodeCondition>(node.getStatus(), {"DiskPressure", "Unknown", "NodeStatusUnknown", "", ""});
  });
  node_.advance(15s);
  EXPECT_EQ(condition("Ready"), "True KubeletReady");
  EXPECT_EQ(condition("DiskPressure"), "False KubeletHasNoDiskPressure");
}

TEST_F(NodeStatusTest, ANodeOfBothFamiliesHasAnAddressOfEach) {
  node_.settings = {{"ipv6_address", "2001:db8::10"}};
  node_.startAgent();
  auto addresses = node()->getStatus().getAddresses();
  ASSERT_EQ(addresses.size(), 3u);
  EXPECT_EQ(str(view(addresses[0].getAddress())), "192.0.2.10");
  EXPECT_EQ(str(view(addresses[1].getType())), "InternalIP");
  EXPECT_EQ(str(view(addresses[1].getAddress())), "2001:db8::10");
  EXPECT_EQ(str(view(addresses[2].getType())), "Hostname");
  Draft<core_v1::Pod> pod = podNamed("host");
  pod->getSpec().setHostNetwork(true);
  node_.put(std::move(pod));
  EXPECT_EQ(node_.pod("host")->getStatus().getPodIPs().size(), 2u);
  EXPECT_EQ(node_.pod("host")->getStatus().getHostIPs().size(), 2u);
}

TEST_F(NodeStatusTest, AnAddressThatIsNoneIsRefused) {
  node_.settings = {{"ipv6_address", "192.0.2.11"}};
  EXPECT_EQ(node_.whyItDoesNotStart(), "ipv6_address: \"192.0.2.11\" is not an address of IPv6");
}

TEST_F(NodeStatusTest, WhatIsReservedIsNotAllocatable) {
  const std::string all = [&] {
    node_.startAgent();
    return allocatable("memory");
  }();
  node_.stopAgent();
  node_.settings["system_reserved"] = "cpu=100m,memory=128Mi";
  node_.settings["kube_reserved"] = "memory=128Mi";
  node_.startAgent();
  node_.advance(10s);
  EXPECT_EQ(std::stoll(allocatable("memory")), std::stoll(all) - (256 << 20));
  EXPECT_EQ(allocatable("cpu"), concat(std::stoll(capacity("cpu")) * 1000 - 100, "m"));
}

TEST_F(NodeStatusTest, AReservationThatIsNoneIsRefused) {
  node_.settings["system_reserved"] = "gpu=1";
  EXPECT_EQ(node_.whyItDoesNotStart().substr(0, 51), "system_reserved: cannot reserve \"gpu\" resource in \"");
  node_.settings["system_reserved"] = "memory=1Ei";
  EXPECT_EQ(node_.whyItDoesNotStart().substr(0, 40), "invalid Node Allocatable configuration. ");
  node_.settings.erase("system_reserved");
  node_.settings["cgroup_root"] = "cleat/..";
  EXPECT_EQ(node_.whyItDoesNotStart(), "cgroup_root: \"cleat/..\" is not the path of a cgroup");
}

}  // namespace
}  // namespace cleat::agent::test
