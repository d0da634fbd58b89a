// Which addresses a service gets, situation by situation. A node is its name, letters ("r" ready, "x" excluded, "d"
// being deleted, "t" about to be taken away) and its addresses, external ones after "/".
#include <cleat/sdk/meta.h>

#include "plugins/controller-service-load-balancer/balancing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

namespace cleat::balancer {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using Texts = std::vector<std::string>;

struct NodeAt {
  const char* name;
  std::string_view state;
  Texts internal, external = {};
};

Object<Node> nodeOf(const NodeAt& at) {
  auto node = test::makeNode(at.name, {});
  const auto has = [&](char letter) { return at.state.contains(letter); };
  if (has('x')) setLabel(node.meta(), "node.kubernetes.io/exclude-from-external-load-balancers", "");
  if (has('d')) node.meta().setDeletionTimestamp("2026-01-01T00:00:00Z");
  if (has('t')) {
    auto taint = node->initSpec().initTaints(1)[0];
    taint.setKey("ToBeDeletedByClusterAutoscaler");
    taint.setEffect("NoSchedule");
  }
  setCondition<core_v1::NodeCondition>(node->getStatus(),
                                       {"Ready", has('r') ? "True" : "False", "", "", "2026-01-01T00:00:00Z"});
  auto addresses = node->getStatus().initAddresses(at.internal.size() + at.external.size());
  for (uint32_t i = 0; i < addresses.size(); ++i) {
    const bool inside = i < at.internal.size();
    addresses[i].setType(inside ? "InternalIP" : "ExternalIP");
    addresses[i].setAddress(inside ? at.internal[i] : at.external[i - at.internal.size()]);
  }
  return std::move(node).freeze();
}

struct Wanted {
  const char* name;
  Texts families = {"IPv4"};
  const char* policy = "Cluster";
  std::vector<std::pair<int, const char*>> ports = {{80, "TCP"}};
  int age = 0;  // the greater, the older
  const char* type = "LoadBalancer";
  const char* ofClass = "";
};

Object<Service> serviceOf(const Wanted& wanted) {
  auto service = test::named<Service>("default", wanted.name);
  service.meta().setUid(concat("uid-", wanted.name));
  service.meta().setCreationTimestamp(concat("2026-01-01T00:00:", 59 - wanted.age, "Z"));
  auto spec = service->initSpec();
  spec.setType(wanted.type);
  if (*wanted.ofClass) spec.setLoadBalancerClass(wanted.ofClass);
  spec.setExternalTrafficPolicy(wanted.policy);
  spec.adoptIpFamilies(textList(orphanageOf(spec), wanted.families));
  auto ports = spec.initPorts(wanted.ports.size());
  for (uint32_t i = 0; i < ports.size(); ++i) {
    ports[i].setPort(wanted.ports[i].first);
    ports[i].setProtocol(wanted.ports[i].second);
  }
  return std::move(service).freeze();
}

Object<EndpointSlice> sliceOf(const std::vector<std::pair<std::string, bool>>& endpoints) {
  auto slice = test::named<EndpointSlice>("default", "web-1");
  auto list = slice->initEndpoints(endpoints.size());
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setNodeName(endpoints[i].first);
    list[i].initConditions().initReady().setValue(endpoints[i].second);
  }
  return std::move(slice).freeze();
}

struct Case {
  const char* what;
  Wanted service;
  std::vector<NodeAt> nodes;
  Texts addresses;
};

TEST(Balancing, AddressesInEverySituation) {
  const std::vector<Case> cases = {
      {"every node that is ready",
       {"web"},
       {{"a", "r", {"10.0.0.2"}}, {"b", "r", {"10.0.0.1"}}, {"c", "", {"10.0.0.3"}}},
       {"10.0.0.1", "10.0.0.2"}},
      {"none", {"web"}, {}, {}},
      {"one that is excluded", {"web"}, {{"a", "rx", {"10.0.0.1"}}, {"b", "r", {"10.0.0.2"}}}, {"10.0.0.2"}},
      {"one that goes", {"web"}, {{"a", "rd", {"10.0.0.1"}}, {"b", "rt", {"10.0.0.2"}}}, {}},
      {"external addresses go before internal ones", {"web"}, {{"a", "r", {"10.0.0.1"}, {"192.0.2.1"}}}, {"192.0.2.1"}},
      {"of its family", {"web", {"IPv6"}}, {{"a", "r", {"10.0.0.1", "2001:db8::1"}}}, {"2001:db8::1"}},
      {"of both", {"web", {"IPv4", "IPv6"}}, {{"a", "r", {"10.0.0.1", "2001:db8::1"}}}, {"10.0.0.1", "2001:db8::1"}},
      {"with endpoints of its own",
       {"web", {"IPv4"}, "Local"},
       {{"near", "r", {"10.0.0.1"}}, {"far", "r", {"10.0.0.2"}}, {"unready", "r", {"10.0.0.3"}}},
       {"10.0.0.1"}},
  };
  for (const Case& each : cases) {
    std::vector<Object<Node>> nodes;
    for (const NodeAt& at : each.nodes) nodes.push_back(nodeOf(at));
    const std::vector<Object<EndpointSlice>> slices = {sliceOf({{"near", true}, {"unready", false}})};
    EXPECT_THAT(addressesFor(serviceOf(each.service), nodes, slices), ElementsAreArray(each.addresses)) << each.what;
  }
}

TEST(Balancing, WhatIsAnothersIsNotTouched) {
  EXPECT_TRUE(wantsBalancer(serviceOf({"web"})));
  EXPECT_FALSE(wantsBalancer(serviceOf({.name = "web", .type = "NodePort"})));
  EXPECT_FALSE(wantsBalancer(serviceOf({.name = "web", .ofClass = "example.com/vip"})));
}

TEST(Balancing, TheOldestHasThePort) {
  const auto old = serviceOf({.name = "old", .age = 10}), young = serviceOf({.name = "young", .age = 5});
  const auto datagrams = serviceOf({.name = "datagrams", .ports = {{80, "UDP"}}});
  const auto other = serviceOf({.name = "other", .ports = {{8080, "TCP"}}});
  const std::vector<Object<Service>> all = {old, young, datagrams, other};
  EXPECT_EQ(refusalOf(old, all, {}), "");
  EXPECT_EQ(refusalOf(young, all, {}), "port 80/TCP is taken by the service default/old");
  EXPECT_EQ(refusalOf(datagrams, all, {}), "");
  EXPECT_EQ(refusalOf(other, all, {}), "");
  EXPECT_EQ(refusalOf(young, {young}, {}), "");
}

TEST(Balancing, WhatTheNodesServeIsNobodys) {
  EXPECT_EQ(refusalOf(serviceOf({.name = "shell", .ports = {{80, "TCP"}, {22, "TCP"}}}), {}, {22, 6443}),
            "port 22/TCP is one of the nodes' own");
  EXPECT_EQ(refusalOf(serviceOf({.name = "shell", .ports = {{22, "UDP"}}}), {}, {22}), "");
}

}  // namespace
}  // namespace cleat::balancer
