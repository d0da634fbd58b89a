// The plugin's rules in a real kernel, and packets that have to find their way through them.
#include <cleat/sdk/host_port.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/plugins/proxy-common/proxy_fixture.h"

namespace cleat::proxy {
namespace {

using namespace test;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class PacketsTest : public ProxyTest {
 protected:
  void startProxy() { start(PROXY_IPTABLES); }
  std::string nat() const { return TestNetwork::output({program(), "-t", "nat", "-S"}); }
  std::string filter() const { return TestNetwork::output({program(), "-S"}); }
  void outsideRouteTo(const std::string& network) {
    this->network->world().run({"/usr/sbin/ip", "route", "replace", network, "via", at.node});
  }
};

TEST_P(PacketsTest, AClusterIpIsReachedFromPodsTheNodeAndOutside) {
  pod("a", at.pod(2));
  test::Place& client = network->pod("client", at.pod(9));
  putWeb({{at.pod(2), "here", true}});
  startProxy();
  EXPECT_EQ(network->tcp(client, at.vip, 80), saw("a", at.pod(9))) << "a pod keeps its address";
  EXPECT_THAT(network->tcp(network->node(), at.vip, 80), StartsWith("a saw "));
  EXPECT_EQ(network->tcp(network->world(), at.vip, 80), saw("a", at.bridge))
      << "what comes from outside is masqueraded";
  EXPECT_EQ(network->tcp(client, at.vip, 81), "nothing") << "another port of the address is nobody's";
}

TEST_P(PacketsTest, ConnectionsAreSpreadEvenly) {
  for (int i = 2; i <= 4; ++i) pod("pod" + std::to_string(i), at.pod(i));
  test::Place& client = network->pod("client", at.pod(9));
  putWeb({{at.pod(2), "here", true}, {at.pod(3), "here", true}, {at.pod(4), "here", true}});
  startProxy();
  auto counts = count(300, [&] { return network->tcp(client, at.vip, 80); });
  ASSERT_EQ(counts.size(), 3u);
  // 100 each; less than 60 comes once in two hundred thousand runs.
  for (const auto& [answer, times] : counts) EXPECT_GT(times, 60) << answer;
}

TEST_P(PacketsTest, ANodePortAnswersAtEveryAddressOfTheNode) {
  pod("a", at.pod(2));
  test::Place& client = network->pod("client", at.pod(9));
  putWeb({{at.pod(2), "here", true}});
  startProxy();
  EXPECT_THAT(network->tcp(network->world(), at.node, 30080), StartsWith(saw("a", at.bridge)));
  EXPECT_THAT(network->tcp(network->node(), at.node, 30080), StartsWith("a saw "));
  EXPECT_EQ(network->tcp(network->node(), at.loopback, 30080), at.ipv6 ? "refused" : saw("a", at.bridge))
      << "as with the original, which has no way for ::1";
  EXPECT_THAT(network->tcp(client, at.bridge, 30080), StartsWith("a saw "));
  EXPECT_EQ(network->tcp(client, at.world, 30080), "refused") << "that is not the node's address";
}

TEST_P(PacketsTest, APodReachesItselfThroughItsService) {
  test::Place& a = pod("a", at.pod(2));
  putWeb({{at.pod(2), "here", true}});
  startProxy();
  EXPECT_EQ(network->tcp(a, at.vip, 80), saw("a", at.bridge));
}

TEST_P(PacketsTest, UdpIsCarriedToo) {
  pod("a", at.pod(2));
  test::Place& client = network->pod("client", at.pod(9));
  putWeb({{at.pod(2), "here", true}}, [](auto) {}, "UDP");
  startProxy();
  EXPECT_EQ(network->udp(client, at.vip, 80), saw("a", at.pod(9)));
  EXPECT_THAT(network->udp(network->node(), at.vip, 80), StartsWith("a saw "));
  EXPECT_THAT(network->udp(network->world(), at.node, 30080), StartsWith("a saw "));
  EXPECT_EQ(network->tcp(client, at.vip, 80), "nothing") << "only the service's protocol";
}

TEST_P(PacketsTest, AServiceWithoutEndpointsRefuses) {
  pod("a", at.pod(2));
  test::Place& client = network->pod("client", at.pod(9));
  putWeb({{at.pod(2), "here", false}}, [&](auto service) { setExternalIps(service, {at.outside(5)}); });
  startProxy();
  EXPECT_EQ(network->tcp(client, at.vip, 80), "refused");
  EXPECT_EQ(network->tcp(network->node(), at.vip, 80), "refused");
  EXPECT_EQ(network->tcp(network->world(), at.node, 30080), "refused");
  EXPECT_EQ(network->tcp(network->node(), at.loopback, 30080), "refused");
  EXPECT_EQ(network->tcp(network->world(), at.outside(5), 80), "refused");
  putEndpoints({{at.pod(2), "here", true}});
  EXPECT_THAT(network->tcp(client, at.vip, 80), StartsWith("a saw"));
  putEndpoints({});
  EXPECT_EQ(network->tcp(client, at.vip, 80), "refused");
}

TEST_P(PacketsTest, ExternalPolicyLocalKeepsTheClientsAddressAndStaysOnTheNode) {
  pod("a", at.pod(2));
  pod("b", at.pod(3));
  test::Place& client = network->pod("client", at.pod(9));
  auto local = [](auto service) { service.getSpec().setExternalTrafficPolicy("Local"); };
  putWeb({{at.pod(2), "here", true}, {at.pod(3), "elsewhere", true}}, local);
  startProxy();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(network->tcp(network->world(), at.node, 30080), saw("a", at.world));
  // Pods and the node itself are not from outside, whatever address they use.
  EXPECT_EQ(count(40, [&] { return network->tcp(client, at.node, 30080); }).size(), 2u);
  EXPECT_EQ(count(40, [&] { return network->tcp(network->node(), at.node, 30080); }).size(), 2u);
  EXPECT_EQ(count(40, [&] { return network->tcp(client, at.vip, 80); }).size(), 2u)
      << "the cluster IP knows no such policy";

  putEndpoints({{at.pod(3), "elsewhere", true}});
  EXPECT_EQ(network->tcp(network->world(), at.node, 30080), "nothing")
      << "dropped, so that a balancer tries another node";
  EXPECT_THAT(network->tcp(client, at.node, 30080), StartsWith("b saw"));
  if (!at.ipv6) {
    EXPECT_THAT(network->tcp(network->node(), at.loopback, 30080), StartsWith("b saw"));
  }

  putEndpoints({{at.pod(3), "elsewhere", true}, leavingEndpoint(at.pod(2), "here")});
  EXPECT_EQ(network->tcp(network->world(), at.node, 30080), saw("a", at.world))
      << "the last one here serves while it goes";
  EXPECT_THAT(network->tcp(client, at.vip, 80), StartsWith("b saw"));
}

TEST_P(PacketsTest, InternalPolicyLocalStaysOnTheNode) {
  pod("a", at.pod(2));
  pod("b", at.pod(3));
  test::Place& client = network->pod("client", at.pod(9));
  auto local = [](auto service) { service.getSpec().setInternalTrafficPolicy("Local"); };
  putWeb({{at.pod(2), "here", true}, {at.pod(3), "elsewhere", true}}, local);
  startProxy();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(network->tcp(client, at.vip, 80), saw("a", at.pod(9)));
  EXPECT_EQ(count(40, [&] { return network->tcp(network->world(), at.node, 30080); }).size(), 2u);
  putEndpoints({{at.pod(3), "elsewhere", true}});
  EXPECT_EQ(network->tcp(client, at.vip, 80), "nothing");
  EXPECT_EQ(network->tcp(network->node(), at.vip, 80), "nothing");
  EXPECT_THAT(network->tcp(network->world(), at.node, 30080), StartsWith("b saw"));
}

TEST_P(PacketsTest, AClientWithAffinityComesBackToTheSameEndpoint) {
  for (int i = 2; i <= 4; ++i) pod("pod" + std::to_string(i), at.pod(i));
  test::Place& client = network->pod("client", at.pod(9));
  const std::vector<EndpointOf> all = {{at.pod(2), "here", true}, {at.pod(3), "here", true}, {at.pod(4), "here", true}};
  putWeb(all, [](auto service) { setAffinity(service, 100); });
  startProxy();
  auto ask = [&] { return network->tcp(client, at.vip, 80); };
  auto counts = count(20, ask);
  ASSERT_EQ(counts.size(), 1u);
  const std::string first = counts.begin()->first;
  EXPECT_EQ(network->tcp(client, at.node, 30080).substr(0, 4), first.substr(0, 4)) << "whatever address it uses";

  std::vector<EndpointOf> others;
  for (const EndpointOf& one : all)
    if (first[3] != one.address.back()) others.push_back(one);
  putEndpoints(others);
  counts = count(20, ask);
  ASSERT_EQ(counts.size(), 1u) << "it takes to another one";
  EXPECT_NE(counts.begin()->first, first);
}

TEST_P(PacketsTest, ExternalAndBalancerIpsLeadToTheService) {
  pod("a", at.pod(2));
  test::Place& client = network->pod("client", at.pod(9));
  putWeb({{at.pod(2), "here", true}}, [&](auto service) {
    service.getSpec().setType("LoadBalancer");
    setExternalIps(service, {at.outside(5), at.ipv6 ? "198.51.100.5" : "2001:db8::5"});
    setLoadBalancerIps(service, {at.outside(6)});
  });
  startProxy();
  for (const std::string& address : {at.outside(5), at.outside(6)}) {
    EXPECT_EQ(network->tcp(network->world(), address, 80), saw("a", at.bridge)) << address;
    EXPECT_THAT(network->tcp(client, address, 80), StartsWith("a saw ")) << address;
    EXPECT_THAT(network->tcp(network->node(), address, 80), StartsWith("a saw ")) << address;
  }
}

TEST_P(PacketsTest, OnlySourceRangesMayUseTheBalancersIp) {
  pod("a", at.pod(2));
  test::Place& client = network->pod("client", at.pod(9));
  auto balanced = [&](std::string range) {
    return [this, range](core_v1::Service::Builder service) {
      service.getSpec().setType("LoadBalancer");
      setExternalIps(service, {at.outside(5)});
      setLoadBalancerIps(service, {at.outside(6)});
      service.getSpec().initLoadBalancerSourceRanges(1).set(0, range);
    };
  };
  putWeb({{at.pod(2), "here", true}}, balanced(at.alone(at.world)));
  startProxy();
  EXPECT_THAT(network->tcp(network->world(), at.outside(6), 80), StartsWith("a saw"));
  EXPECT_EQ(network->tcp(client, at.outside(6), 80), "nothing");
  putWeb({{at.pod(2), "here", true}}, balanced(at.alone(at.nobody(1))));
  EXPECT_EQ(network->tcp(network->world(), at.outside(6), 80), "nothing");
  EXPECT_THAT(network->tcp(network->world(), at.outside(5), 80), StartsWith("a saw"))
      << "an external IP is open to all";
  EXPECT_THAT(network->tcp(network->world(), at.node, 30080), StartsWith("a saw")) << "and so is the node port";
  EXPECT_THAT(network->tcp(client, at.vip, 80), StartsWith("a saw"));
}

TEST_P(PacketsTest, LoopbackIsOpenToTheNodeAlone) {
  if (at.ipv6) GTEST_SKIP() << "of IPv6 the kernel lets nobody in by itself";
  network->node().serve(9999);
  startProxy();
  EXPECT_THAT(TestNetwork::output({"/bin/cat", "/proc/sys/net/ipv4/conf/all/route_localnet"}), StartsWith("1"));
  EXPECT_EQ(network->tcp(network->node(), at.loopback, 9999), saw("node", at.loopback));
  // A neighbour that sends to the node's 127.0.0.1 over the wire (CVE-2020-8558).
  network->world().run({"/usr/sbin/ip", "addr", "del", "127.0.0.1/8", "dev", "lo"});
  network->world().run({"/usr/sbin/ip", "route", "flush", "table", "local", "127.0.0.0/8"});
  network->world().run({"/bin/sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet"});
  network->world().run({"/usr/sbin/ip", "route", "add", "127.0.0.1/32", "via", at.node});
  EXPECT_EQ(network->tcp(network->world(), at.loopback, 9999), "nothing");
  EXPECT_EQ(network->tcp(network->world(), at.node, 9999), saw("node", at.world));
}

TEST_P(PacketsTest, ChainsOfWhatIsGoneAreRemoved) {
  putWeb({{at.pod(2), "here", true}, {at.pod(3), "here", true}});
  startProxy();
  EXPECT_THAT(nat(), AllOf(HasSubstr(hostPort(at.pod(2), 8080)), HasSubstr(hostPort(at.pod(3), 8080))));
  putEndpoints({{at.pod(3), "here", true}});
  EXPECT_THAT(nat(), AllOf(Not(HasSubstr(at.pod(2))), HasSubstr(hostPort(at.pod(3), 8080))));
  host.remove<core_v1::Service>("default", "web");
  settle();
  for (const char* prefix : {"KUBE-SVC-", "KUBE-SEP-", "KUBE-EXT-"}) EXPECT_THAT(nat(), Not(HasSubstr(prefix)));
}

TEST_P(PacketsTest, ARestartFindsItsRulesAndRemovesWhatHasGoneMeanwhile) {
  pod("b", at.pod(3));
  test::Place& client = network->pod("client", at.pod(9));
  putWeb({{at.pod(2), "here", true}, {at.pod(3), "here", true}});
  startProxy();
  const std::string rules = filter();
  plugin.reset();
  EXPECT_THAT(nat(), HasSubstr(hostPort(at.pod(3), 8080))) << "connections go on while it is away";
  putEndpoints({{at.pod(3), "here", true}});
  startProxy();
  EXPECT_THAT(nat(), Not(HasSubstr(at.pod(2))));
  EXPECT_EQ(filter(), rules) << "nothing is there twice";
  EXPECT_THAT(network->tcp(client, at.vip, 80), StartsWith("b saw"));
}

TEST_P(PacketsTest, WhatDoesNotConcernTheTableWritesNothing) {
  putWeb({{at.pod(2), "here", true}});
  startProxy();
  // Every load begins by emptying the chains, so a rule of ours in them shows whether there was one.
  TestNetwork::output({program(), "-t", "nat", "-A", "KUBE-SERVICES", "-d", at.nobody(77), "-j", "RETURN"});
  host.change<core_v1::Service>("default", "web",
                                [](auto service) { service.getSpec().setPublishNotReadyAddresses(true); });
  settle();
  EXPECT_THAT(nat(), HasSubstr(at.nobody(77)));
  putEndpoints({{at.pod(3), "here", true}});
  EXPECT_THAT(nat(), Not(HasSubstr(at.nobody(77))));
}

TEST_P(PacketsTest, TheRulesOfOthersAreLeftAlone) {
  TestNetwork::output({program(), "-t", "nat", "-N", "KUBE-ROUTER-FOREIGN"});
  TestNetwork::output({program(), "-t", "nat", "-A", "PREROUTING", "-d", at.nobody(1), "-j", "KUBE-ROUTER-FOREIGN"});
  startProxy();
  putWeb({{at.pod(2), "here", true}});
  EXPECT_THAT(nat(), HasSubstr(concat("-A PREROUTING -d ", at.alone(at.nobody(1)), " -j KUBE-ROUTER-FOREIGN")));
}

class UdpFlowsTest : public PacketsTest {
 protected:
  void SetUp() override {
    PacketsTest::SetUp();
    if (!IsSkipped() && access("/usr/sbin/conntrack", X_OK) != 0) GTEST_SKIP() << "SKIPPED: conntrack is not installed";
  }
};

TEST_P(UdpFlowsTest, AUdpClientIsFreedFromAnEndpointThatIsGone) {
  pod("a", at.pod(2));
  pod("b", at.pod(3));
  test::Place& place = network->pod("client", at.pod(9));
  putWeb({{at.pod(2), "here", true}}, [](auto) {}, "UDP");
  startProxy();
  Client client(place, SOCK_DGRAM, at.vip, 80);
  EXPECT_EQ(client.ask(), saw("a", at.pod(9)));
  putEndpoints({{at.pod(3), "here", true}}, "UDP");
  EXPECT_EQ(client.ask(), saw("b", at.pod(9)));
}

TEST_P(UdpFlowsTest, AUdpClientThatAskedBeforeThereWasAServiceReachesItsFirstEndpoint) {
  pod("a", at.pod(2));
  test::Place& place = network->pod("client", at.pod(9));
  startProxy();
  Client client(place, SOCK_DGRAM, at.vip, 80);
  Client outside(network->world(), SOCK_DGRAM, at.node, 30080);
  EXPECT_EQ(client.ask(), "nothing");
  EXPECT_EQ(outside.ask(), "refused");
  putWeb({}, [](auto) {}, "UDP");
  EXPECT_EQ(client.ask(), "refused");
  putEndpoints({{at.pod(2), "here", true}}, "UDP");
  EXPECT_EQ(client.ask(), saw("a", at.pod(9)));
  EXPECT_THAT(outside.ask(), StartsWith("a saw"));
}

TEST_P(UdpFlowsTest, FlowsToEndpointsThatStayAreKept) {
  pod("a", at.pod(2));
  pod("b", at.pod(3));
  test::Place& place = network->pod("client", at.pod(9));
  putWeb({{at.pod(2), "here", true}}, [](auto) {}, "UDP");
  startProxy();
  Client client(place, SOCK_DGRAM, at.vip, 80);
  EXPECT_EQ(client.ask(), saw("a", at.pod(9)));
  putEndpoints({{at.pod(2), "here", true}, {at.pod(3), "here", true}}, "UDP");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.ask(), saw("a", at.pod(9)));
}

TEST_P(UdpFlowsTest, FlowsThatWentStaleWhileTheProxyWasAwayAreForgottenAtItsStart) {
  pod("a", at.pod(2));
  pod("b", at.pod(3));
  test::Place& place = network->pod("client", at.pod(9));
  putWeb({{at.pod(2), "here", true}}, [](auto) {}, "UDP");
  startProxy();
  Client client(place, SOCK_DGRAM, at.vip, 80);
  EXPECT_EQ(client.ask(), saw("a", at.pod(9)));
  plugin.reset();
  putEndpoints({{at.pod(3), "here", true}}, "UDP");
  startProxy();
  EXPECT_EQ(client.ask(), saw("b", at.pod(9)));
}

INSTANTIATE_TEST_SUITE_P(Of, PacketsTest, testing::ValuesIn(kFamilies), familyOf);
INSTANTIATE_TEST_SUITE_P(Of, UdpFlowsTest, testing::ValuesIn(kFamilies), familyOf);

}  // namespace
}  // namespace cleat::proxy
