// What becomes of services of the type LoadBalancer while nodes and other services come and go.
#include <cleat/sdk/kinds/discovery_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::Event;
using core_v1::Node;
using core_v1::Service;
using discovery_v1::EndpointSlice;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kFinalizer = "service.kubernetes.io/load-balancer-cleanup";

class BalancerTest : public testing::Test {
 protected:
  BalancerTest() {
    host.know<Service>();
    host.know<Node>();
    host.know<EndpointSlice>();
    host.know<Event>();
    host.serverConfig().url = "https://192.0.2.100:6443";
    host.serverConfig().agentPort = 10250;
    plugin.emplace(host.start(cleat_plugin_v1()));
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  void node(const std::string& name, const std::string& address, bool ready = true) {
    auto node = test::makeNode(name, {});
    setCondition<core_v1::NodeCondition>(node->getStatus(),
                                         {"Ready", ready ? "True" : "False", "", "", "2026-01-01T00:00:00Z"});
    auto addresses = node->getStatus().initAddresses(1);
    addresses[0].setType("InternalIP");
    addresses[0].setAddress(address);
    host.put(std::move(node));
    host.settle();
  }
  void service(const std::string& name, int port, const char* policy = "Cluster", const char* type = "LoadBalancer") {
    auto service = host.get<Service>("default", name) ? Draft<Service>(host.get<Service>("default", name))
                                                      : test::named<Service>("default", name);
    auto spec = service->initSpec();
    spec.setType(type);
    spec.setExternalTrafficPolicy(policy);
    auto ports = spec.initPorts(1);
    ports[0].setPort(port);
    ports[0].setProtocol("TCP");
    host.put(std::move(service));
    host.settle();
  }
  void endpoint(const std::string& of, const std::string& node) {
    auto slice = test::named<EndpointSlice>("default", of + "-1", {{"kubernetes.io/service-name", of}});
    auto endpoint = slice->initEndpoints(1)[0];
    endpoint.setNodeName(node);
    endpoint.initConditions().initReady().setValue(true);
    host.put(std::move(slice));
    host.settle();
  }
  std::vector<std::string> addresses(const std::string& name) {
    std::vector<std::string> all;
    const auto service = host.get<Service>("default", name);
    for (auto each : service->getStatus().getLoadBalancer().getIngress()) {
      all.push_back(concat(each.getIp(), " ", each.getIpMode()));
    }
    return all;
  }
  bool isHeld(const std::string& name) { return hasFinalizer(host.get<Service>("default", name).meta(), kFinalizer); }
  std::vector<std::string> events() {
    std::vector<std::string> all;
    for (const auto& event : host.list<Event>()) all.push_back(concat(event->getReason(), ": ", event->getMessage()));
    return all;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(BalancerTest, AServiceGetsTheNodesAddresses) {
  node("a", "10.0.0.1");
  node("b", "10.0.0.2");
  service("web", 80);
  EXPECT_THAT(addresses("web"), ElementsAre("10.0.0.1 VIP", "10.0.0.2 VIP"));
  EXPECT_TRUE(isHeld("web"));
  EXPECT_THAT(events(), Contains("EnsuringLoadBalancer: Ensuring load balancer"));
  EXPECT_THAT(events(), Contains("EnsuredLoadBalancer: Ensured load balancer"));
  node("b", "10.0.0.2", false);
  EXPECT_THAT(addresses("web"), ElementsAre("10.0.0.1 VIP"));
  node("c", "10.0.0.3");
  EXPECT_THAT(addresses("web"), ElementsAre("10.0.0.1 VIP", "10.0.0.3 VIP"));
}

TEST_F(BalancerTest, WithoutNodesItWaitsAndSaysSoOnce) {
  service("web", 80);
  EXPECT_THAT(addresses("web"), IsEmpty());
  EXPECT_THAT(events(), Contains("UnAvailableLoadBalancer: There are no available nodes for LoadBalancer"));
  const size_t before = test::countRequests(host, "create events");
  service("other", 81, "Cluster", "ClusterIP");
  node("a", "10.0.0.1", false);
  EXPECT_EQ(test::countRequests(host, "create events"), before);
  node("a", "10.0.0.1");
  EXPECT_THAT(addresses("web"), ElementsAre("10.0.0.1 VIP"));
}

TEST_F(BalancerTest, WhatIsNotWantedAnyMoreIsTakenBack) {
  node("a", "10.0.0.1");
  service("web", 80);
  service("web", 80, "Cluster", "ClusterIP");
  EXPECT_THAT(addresses("web"), IsEmpty());
  EXPECT_FALSE(isHeld("web"));
  EXPECT_THAT(events(), Contains("DeletedLoadBalancer: Deleted load balancer"));
}

TEST_F(BalancerTest, AServiceThatGoesIsHeldUntilItsAddressIsTakenBack) {
  node("a", "10.0.0.1");
  service("web", 80);
  host.change<Service>("default", "web", [](Service::Builder service) {
    service.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
  });
  host.settle();
  EXPECT_FALSE(isHeld("web"));
  EXPECT_THAT(addresses("web"), IsEmpty());
}

TEST_F(BalancerTest, APortThatIsTakenIsGivenWhenItIsFree) {
  node("a", "10.0.0.1");
  service("first", 80);
  host.advance(2s);
  service("second", 80);
  EXPECT_THAT(addresses("second"), IsEmpty());
  EXPECT_THAT(events(), Contains("SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: "
                                 "port 80/TCP is taken by the service default/first"));
  host.remove<Service>("default", "first");
  host.settle();
  EXPECT_THAT(addresses("second"), ElementsAre("10.0.0.1 VIP"));
}

TEST_F(BalancerTest, TheNodesOwnPortsAreNobodys) {
  node("a", "10.0.0.1");
  for (int port : {22, 6443, 10250}) {
    const std::string name = concat("p", port);
    service(name, port);
    EXPECT_THAT(addresses(name), IsEmpty());
  }
}

TEST_F(BalancerTest, LocalTrafficGoesWhereEndpointsAre) {
  node("a", "10.0.0.1");
  node("b", "10.0.0.2");
  service("web", 80, "Local");
  EXPECT_THAT(addresses("web"), IsEmpty());
  endpoint("web", "b");
  EXPECT_THAT(addresses("web"), ElementsAre("10.0.0.2 VIP"));
  endpoint("web", "a");
  EXPECT_THAT(addresses("web"), ElementsAre("10.0.0.1 VIP"));
}

}  // namespace
}  // namespace cleat
