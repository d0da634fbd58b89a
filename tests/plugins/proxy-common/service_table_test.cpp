// What becomes of services and slices: which ports the proxies serve, and with which endpoints.
#include "plugins/proxy-common/service_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/proxy-common/service_objects.h"

namespace cleat::proxy {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

class TablePlugin : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override {
    addServiceIndex(slices_);
    co_await services_.waitSynced();
    co_await slices_.waitSynced();
    co_return Result<void>();
  }
  std::vector<ServicePort> table(Family family) const {
    return makeServiceTable(services_, slices_, {config().nodeName(), "z1"}, family);
  }

 private:
  Informer<Service> services_{context()};
  Informer<EndpointSlice> slices_{context()};
};

class ServiceTableTest : public testing::Test {
 protected:
  ServiceTableTest() {
    host.nodeName() = "here";
    host.know<Service>();
    host.know<EndpointSlice>();
    plugin.emplace(host.start<TablePlugin>());
  }

  std::vector<ServicePort> table(Family family = Family::ipv4) {
    host.settle();
    std::vector<ServicePort> made;
    plugin->enter([&] { made = (*plugin)->table(family); });
    return made;
  }
  std::vector<std::string> keys() {
    std::vector<std::string> keys;
    for (const ServicePort& service : table()) keys.push_back(service.key());
    return keys;
  }
  static std::vector<std::string> text(const std::vector<Endpoint>& endpoints) {
    std::vector<std::string> list;
    for (const Endpoint& one : endpoints)
      list.push_back(one.address + ":" + std::to_string(one.port) + (one.local ? " here" : ""));
    return list;
  }

  cleat::test::FakeHost host;
  std::optional<cleat::test::Started<TablePlugin>> plugin;
};

using Hint = std::pair<const char*, const char*>;  // a zone and a node; null: none

TEST_F(ServiceTableTest, EndpointsNearbyArePreferredAsTheirHintsSay) {
  const auto endpointsWith = [&](const std::vector<Hint>& hints) {
    host.put(makeService("web", "10.96.0.10", {{"", 80}}));
    std::vector<EndpointOf> endpoints;
    for (size_t i = 0; i < hints.size(); ++i) endpoints.push_back({concat("10.244.0.", i + 1), "n"});
    auto slice = makeSlice("web", "web-1", {{"", 80}}, endpoints);
    for (uint32_t i = 0; i < hints.size(); ++i) {
      auto said = slice->getEndpoints()[i].initHints();
      if (hints[i].first) said.initForZones(1)[0].setName(hints[i].first);
      if (hints[i].second) said.initForNodes(1)[0].setName(hints[i].second);
    }
    host.put(std::move(slice));
    return text(table()[0].endpoints);
  };
  EXPECT_THAT(endpointsWith({{"z1", nullptr}, {"z2", nullptr}}), ElementsAre("10.244.0.1:80"));
  EXPECT_THAT(endpointsWith({{"z1", "far"}, {"z1", "here"}}), ElementsAre("10.244.0.2:80")) << "the node goes before";
  EXPECT_THAT(endpointsWith({{"z1", "far"}, {"z2", "away"}}), ElementsAre("10.244.0.1:80")) << "or else the zone";
  EXPECT_THAT(endpointsWith({{"z2", nullptr}, {"z3", nullptr}}), ElementsAre("10.244.0.1:80", "10.244.0.2:80"));
  EXPECT_THAT(endpointsWith({{"z1", nullptr}, {nullptr, nullptr}}), ElementsAre("10.244.0.1:80", "10.244.0.2:80"))
      << "one without a hint is for everybody, and so are all";
}

TEST_F(ServiceTableTest, EachPortHasTheEndpointsOfItsNameAndProtocol) {
  host.put(makeService("dns", "10.96.0.10", {{"dns", 53, 0, "UDP"}, {"dns-tcp", 53}, {"metrics", 9153}}));
  host.put(
      makeSlice("dns", "dns-1", {{"dns", 5353, 0, "UDP"}, {"dns-tcp", 5354}, {"other", 1}}, {{"10.244.0.2", "here"}}));
  auto made = table();
  ASSERT_EQ(made.size(), 3u);
  EXPECT_EQ(made[0].key(), "default/dns:dns-tcp/tcp");
  EXPECT_EQ(made[1].key(), "default/dns:dns/udp");
  EXPECT_EQ(made[2].key(), "default/dns:metrics/tcp");
  EXPECT_THAT(text(made[0].endpoints), ElementsAre("10.244.0.2:5354 here"));
  EXPECT_THAT(text(made[1].endpoints), ElementsAre("10.244.0.2:5353 here"));
  EXPECT_THAT(text(made[2].endpoints), IsEmpty());
}

TEST_F(ServiceTableTest, EndpointsAreUsedByTheirConditions) {
  struct Case {
    const char* what;
    std::vector<EndpointOf> endpoints;
    std::vector<std::string> all, local;
  };
  const std::vector<Case> cases = {
      {"conditions that nobody has set", {{"10.0.0.1", "here"}}, {"10.0.0.1:8080 here"}, {"10.0.0.1:8080 here"}},
      {"one that is not ready", {{"10.0.0.1", "here", false}, {"10.0.0.2", "there", true}}, {"10.0.0.2:8080"}, {}},
      {"a leaving one beside a ready one",
       {leavingEndpoint("10.0.0.1", "there"), {"10.0.0.2", "there", true}},
       {"10.0.0.2:8080"},
       {}},
      {"leaving ones only", {leavingEndpoint("10.0.0.1", "there")}, {"10.0.0.1:8080"}, {}},
      {"a leaving one that does not serve", {{"10.0.0.1", "there", false, false, true}}, {}, {}},
      {"a leaving one of which nobody knows whether it serves",
       {{"10.0.0.1", "there", false, std::nullopt, true}},
       {"10.0.0.1:8080"},
       {}},
      {"the last one of this node leaves while others elsewhere are ready",
       {leavingEndpoint("10.0.0.1", "here"), {"10.0.0.2", "there", true}},
       {"10.0.0.2:8080"},
       {"10.0.0.1:8080 here"}},
      {"an endpoint without a node", {{"10.0.0.1", "", true}}, {"10.0.0.1:8080"}, {}},
  };
  host.put(makeService("web", "10.96.0.1", {{"", 80}}));
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    host.put(makeSlice("web", "web-1", {{"", 8080}}, one.endpoints));
    auto made = table();
    ASSERT_EQ(made.size(), 1u);
    EXPECT_EQ(text(made[0].endpoints), one.all);
    EXPECT_EQ(text(made[0].localEndpoints), one.local);
  }
}

TEST_F(ServiceTableTest, AnEndpointInTwoSlicesCountsOnce) {
  host.put(makeService("web", "10.96.0.1", {{"", 80}}));
  host.put(makeSlice("web", "web-1", {{"", 8080}}, {{"10.0.0.1", "", true}, {"10.0.0.2", "there", true}}));
  host.put(makeSlice("web", "web-2", {{"", 8080}}, {{"10.0.0.1", "here", true}, {"10.0.0.2", "there", false}}));
  host.put(makeSlice("other", "other-1", {{"", 8080}}, {{"10.0.0.9", "here", true}}));
  EXPECT_THAT(text(table()[0].endpoints), ElementsAre("10.0.0.1:8080 here", "10.0.0.2:8080"));
}

TEST_F(ServiceTableTest, SlicesThatDoNotFitAreLeftOut) {
  host.put(makeService("web", "10.96.0.1", {{"", 80}}));
  auto six = makeSlice("web", "web-6", {{"", 8080}}, {{"fd00::1", "here", true}});
  six->setAddressType("IPv6");
  host.put(std::move(six));
  host.put(makeSlice("web", "web-lie", {{"", 8080}}, {{"-j ACCEPT", "here", true}, {"fd00::2", "here", true}}));
  host.put(makeSlice("web", "web-port", {{"", 70000}}, {{"10.0.0.3", "here", true}}));
  auto everyPort = makeSlice("web", "web-every", {{"", 1}}, {{"10.0.0.4", "here", true}});
  everyPort->getPorts()[0].disownPort();
  host.put(std::move(everyPort));
  EXPECT_THAT(text(table()[0].endpoints), IsEmpty());
  EXPECT_THAT(table(Family::ipv6), IsEmpty());
}

TEST_F(ServiceTableTest, ServicesThatAreNotForThisProxyAreLeftOut) {
  host.put(makeService("headless", "None", {{"", 80}}));
  host.put(makeService("pending", "", {{"", 80}}));
  host.put(makeService("six", "fd00::5", {{"", 80}}));
  auto external = makeService("elsewhere", "10.96.0.2", {{"", 80}}, "ExternalName");
  external->getSpec().setExternalName("example.com");
  host.put(std::move(external));
  auto other = makeService("other-proxy", "10.96.0.3", {{"", 80}});
  setLabel(other.meta(), "service.kubernetes.io/service-proxy-name", "mine");
  host.put(std::move(other));
  auto marked = makeService("marked", "10.96.0.4", {{"", 80}});
  setLabel(marked.meta(), "service.kubernetes.io/headless", "");
  host.put(std::move(marked));
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(ServiceTableTest, AServiceOfBothFamiliesIsServedInEachByWhatItHasOfIt) {
  auto both = makeService("both", "fd00::5", {{"", 80, 30080}}, "LoadBalancer");
  auto ips = both->getSpec().initClusterIPs(2);
  ips.set(0, "fd00::5");
  ips.set(1, "10.96.0.7");
  setExternalIps(*both, {"192.0.2.1", "2001:DB8:0::1"});
  auto ranges = both->getSpec().initLoadBalancerSourceRanges(3);
  ranges.set(0, "2001:db8::/32");
  ranges.set(1, "203.0.113.0/24");
  ranges.set(2, "2001:db8::/129");
  host.put(std::move(both));
  host.put(makeSlice("both", "both-4", {{"", 8080}}, {{"10.244.0.2", "here", true}}));
  host.put(makeSlice("both", "both-6", {{"", 8080}}, {{"fd00:1::2", "here", true}, {"10.244.0.3", "here", true}}));
  const ServicePort four = table().at(0), six = table(Family::ipv6).at(0);
  EXPECT_EQ(four.clusterIp, "10.96.0.7");
  EXPECT_EQ(six.clusterIp, "fd00::5");
  EXPECT_THAT(four.externalIps, ElementsAre("192.0.2.1"));
  EXPECT_THAT(six.externalIps, ElementsAre("2001:db8::1")) << "as the kernel writes it";
  EXPECT_THAT(four.sourceRanges, ElementsAre("203.0.113.0/24"));
  EXPECT_THAT(six.sourceRanges, ElementsAre("2001:db8::/32"));
  EXPECT_THAT(text(four.endpoints), ElementsAre("10.244.0.2:8080 here"));
  EXPECT_THAT(text(six.endpoints), ElementsAre("fd00:1::2:8080 here"));
  EXPECT_EQ(six.nodePort, 30080);
}

TEST_F(ServiceTableTest, AddressesFromOutsideAreThoseThatArriveHere) {
  auto service = makeService("web", "10.96.0.1", {{"", 80, 30080}}, "LoadBalancer");
  setExternalIps(*service, {"192.0.2.1", "2001:db8::1", "192.0.2.1"});
  setLoadBalancerIps(*service, {"198.51.100.1", "2001:db8::2", "198.51.100.2"});
  service->getStatus().getLoadBalancer().getIngress()[2].setIpMode("Proxy");
  auto ranges = service->getSpec().initLoadBalancerSourceRanges(4);
  ranges.set(0, " 203.0.113.0/24 ");
  ranges.set(1, "2001:db8::/32");
  ranges.set(2, "203.0.113.0/99");
  ranges.set(3, "nonsense");
  service->getSpec().setExternalTrafficPolicy("Local");
  service->getSpec().setInternalTrafficPolicy("Local");
  host.put(std::move(service));
  ServicePort made = table()[0];
  EXPECT_THAT(made.externalIps, ElementsAre("192.0.2.1"));
  EXPECT_THAT(made.loadBalancerIps, ElementsAre("198.51.100.1"));
  EXPECT_THAT(made.sourceRanges, ElementsAre("203.0.113.0/24"));
  EXPECT_EQ(made.nodePort, 30080);
  EXPECT_TRUE(made.externalLocal);
  EXPECT_TRUE(made.internalLocal);
}

TEST_F(ServiceTableTest, AffinityLastsThreeHoursUnlessTheServiceSaysHowLong) {
  auto usual = makeService("a", "10.96.0.1", {{"", 80}});
  usual->getSpec().setSessionAffinity("ClientIP");
  host.put(std::move(usual));
  auto own = makeService("b", "10.96.0.2", {{"", 80}});
  setAffinity(*own, 60);
  host.put(std::move(own));
  auto none = makeService("c", "10.96.0.3", {{"", 80}});
  none->getSpec().setSessionAffinity("None");
  host.put(std::move(none));
  auto made = table();
  EXPECT_EQ(made[0].affinitySeconds, 10800);
  EXPECT_EQ(made[1].affinitySeconds, 60);
  EXPECT_EQ(made[2].affinitySeconds, 0);
}

}  // namespace
}  // namespace cleat::proxy
