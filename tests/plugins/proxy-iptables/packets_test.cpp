// The plugin's rules in a real kernel, and packets that have to find their way through them.
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
  static std::string nat() { return TestNetwork::output({"/usr/sbin/iptables", "-t", "nat", "-S"}); }
  static std::string filter() { return TestNetwork::output({"/usr/sbin/iptables", "-S"}); }
  void outsideRouteTo(const std::string& network) {
    this->network->world().run({"/usr/sbin/ip", "route", "replace", network, "via", "192.0.2.1"});
  }
};

TEST_F(PacketsTest, AClusterIpIsReachedFromPodsTheNodeAndOutside) {
  pod("a", "10.244.0.2");
  test::Place& client = network->pod("client", "10.244.0.9");
  putWeb({{"10.244.0.2", "here", true}});
  startProxy();
  EXPECT_EQ(network->tcp(client, kVip, 80), "a saw 10.244.0.9") << "a pod keeps its address";
  EXPECT_THAT(network->tcp(network->node(), kVip, 80), StartsWith("a saw "));
  EXPECT_EQ(network->tcp(network->world(), kVip, 80), "a saw 10.244.0.1") << "what comes from outside is masqueraded";
  EXPECT_EQ(network->tcp(client, kVip, 81), "nothing") << "another port of the address is nobody's";
}

TEST_F(PacketsTest, ConnectionsAreSpreadEvenly) {
  for (int i = 2; i <= 4; ++i) pod("pod" + std::to_string(i), "10.244.0." + std::to_string(i));
  test::Place& client = network->pod("client", "10.244.0.9");
  putWeb({{"10.244.0.2", "here", true}, {"10.244.0.3", "here", true}, {"10.244.0.4", "here", true}});
  startProxy();
  auto counts = count(300, [&] { return network->tcp(client, kVip, 80); });
  ASSERT_EQ(counts.size(), 3u);
  // 100 each; less than 60 comes once in two hundred thousand runs.
  for (const auto& [answer, times] : counts) EXPECT_GT(times, 60) << answer;
}

TEST_F(PacketsTest, ANodePortAnswersAtEveryAddressOfTheNode) {
  pod("a", "10.244.0.2");
  test::Place& client = network->pod("client", "10.244.0.9");
  putWeb({{"10.244.0.2", "here", true}});
  startProxy();
  EXPECT_THAT(network->tcp(network->world(), "192.0.2.1", 30080), StartsWith("a saw 10.244.0.1"));
  EXPECT_THAT(network->tcp(network->node(), "192.0.2.1", 30080), StartsWith("a saw "));
  EXPECT_THAT(network->tcp(network->node(), "127.0.0.1", 30080), StartsWith("a saw 10.244.0.1"));
  EXPECT_THAT(network->tcp(client, "10.244.0.1", 30080), StartsWith("a saw "));
  EXPECT_EQ(network->tcp(client, "192.0.2.9", 30080), "refused") << "that is not the node's address";
}

TEST_F(PacketsTest, APodReachesItselfThroughItsService) {
  test::Place& a = pod("a", "10.244.0.2");
  putWeb({{"10.244.0.2", "here", true}});
  startProxy();
  EXPECT_EQ(network->tcp(a, kVip, 80), "a saw 10.244.0.1");
}

TEST_F(PacketsTest, UdpIsCarriedToo) {
  pod("a", "10.244.0.2");
  test::Place& client = network->pod("client", "10.244.0.9");
  putWeb({{"10.244.0.2", "here", true}}, [](auto) {}, "UDP");
  startProxy();
  EXPECT_EQ(network->udp(client, kVip, 80), "a saw 10.244.0.9");
  EXPECT_THAT(network->udp(network->node(), kVip, 80), StartsWith("a saw "));
  EXPECT_THAT(network->udp(network->world(), "192.0.2.1", 30080), StartsWith("a saw "));
  EXPECT_EQ(network->tcp(client, kVip, 80), "nothing") << "only the service's protocol";
}

TEST_F(PacketsTest, AServiceWithoutEndpointsRefuses) {
  pod("a", "10.244.0.2");
  test::Place& client = network->pod("client", "10.244.0.9");
  putWeb({{"10.244.0.2", "here", false}}, [](auto service) { setExternalIps(service, {"198.51.100.5"}); });
  startProxy();
  EXPECT_EQ(network->tcp(client, kVip, 80), "refused");
  EXPECT_EQ(network->tcp(network->node(), kVip, 80), "refused");
  EXPECT_EQ(network->tcp(network->world(), "192.0.2.1", 30080), "refused");
  EXPECT_EQ(network->tcp(network->node(), "127.0.0.1", 30080), "refused");
  EXPECT_EQ(network->tcp(network->world(), "198.51.100.5", 80), "refused");
  putEndpoints({{"10.244.0.2", "here", true}});
  EXPECT_THAT(network->tcp(client, kVip, 80), StartsWith("a saw"));
  putEndpoints({});
  EXPECT_EQ(network->tcp(client, kVip, 80), "refused");
}

TEST_F(PacketsTest, ExternalPolicyLocalKeepsTheClientsAddressAndStaysOnTheNode) {
  pod("a", "10.244.0.2");
  pod("b", "10.244.0.3");
  test::Place& client = network->pod("client", "10.244.0.9");
  auto local = [](auto service) { service.getSpec().setExternalTrafficPolicy("Local"); };
  putWeb({{"10.244.0.2", "here", true}, {"10.244.0.3", "elsewhere", true}}, local);
  startProxy();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(network->tcp(network->world(), "192.0.2.1", 30080), "a saw 192.0.2.9");
  // Pods and the node itself are not from outside, whatever address they use.
  EXPECT_EQ(count(40, [&] { return network->tcp(client, "192.0.2.1", 30080); }).size(), 2u);
  EXPECT_EQ(count(40, [&] { return network->tcp(network->node(), "192.0.2.1", 30080); }).size(), 2u);
  EXPECT_EQ(count(40, [&] { return network->tcp(client, kVip, 80); }).size(), 2u)
      << "the cluster IP knows no such policy";

  putEndpoints({{"10.244.0.3", "elsewhere", true}});
  EXPECT_EQ(network->tcp(network->world(), "192.0.2.1", 30080), "nothing")
      << "dropped, so that a balancer tries another node";
  EXPECT_THAT(network->tcp(client, "192.0.2.1", 30080), StartsWith("b saw"));
  EXPECT_THAT(network->tcp(network->node(), "127.0.0.1", 30080), StartsWith("b saw"));

  putEndpoints({{"10.244.0.3", "elsewhere", true}, leavingEndpoint("10.244.0.2", "here")});
  EXPECT_EQ(network->tcp(network->world(), "192.0.2.1", 30080), "a saw 192.0.2.9")
      << "the last one here serves while it goes";
  EXPECT_THAT(network->tcp(client, kVip, 80), StartsWith("b saw"));
}

TEST_F(PacketsTest, InternalPolicyLocalStaysOnTheNode) {
  pod("a", "10.244.0.2");
  pod("b", "10.244.0.3");
  test::Place& client = network->pod("client", "10.244.0.9");
  auto local = [](auto service) { service.getSpec().setInternalTrafficPolicy("Local"); };
  putWeb({{"10.244.0.2", "here", true}, {"10.244.0.3", "elsewhere", true}}, local);
  startProxy();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(network->tcp(client, kVip, 80), "a saw 10.244.0.9");
  EXPECT_EQ(count(40, [&] { return network->tcp(network->world(), "192.0.2.1", 30080); }).size(), 2u);
  putEndpoints({{"10.244.0.3", "elsewhere", true}});
  EXPECT_EQ(network->tcp(client, kVip, 80), "nothing");
  EXPECT_EQ(network->tcp(network->node(), kVip, 80), "nothing");
  EXPECT_THAT(network->tcp(network->world(), "192.0.2.1", 30080), StartsWith("b saw"));
}

TEST_F(PacketsTest, AClientWithAffinityComesBackToTheSameEndpoint) {
  for (int i = 2; i <= 4; ++i) pod("pod" + std::to_string(i), "10.244.0." + std::to_string(i));
  test::Place& client = network->pod("client", "10.244.0.9");
  const std::vector<EndpointOf> all = {
      {"10.244.0.2", "here", true}, {"10.244.0.3", "here", true}, {"10.244.0.4", "here", true}};
  putWeb(all, [](auto service) { setAffinity(service, 100); });
  startProxy();
  auto ask = [&] { return network->tcp(client, kVip, 80); };
  auto counts = count(20, ask);
  ASSERT_EQ(counts.size(), 1u);
  const std::string first = counts.begin()->first;
  EXPECT_EQ(network->tcp(client, "192.0.2.1", 30080).substr(0, 4), first.substr(0, 4)) << "whatever address it uses";

  std::vector<EndpointOf> others;
  for (const EndpointOf& one : all)
    if (first.substr(3, 1) != one.address.substr(9)) others.push_back(one);
  putEndpoints(others);
  counts = count(20, ask);
  ASSERT_EQ(counts.size(), 1u) << "it takes to another one";
  EXPECT_NE(counts.begin()->first, first);
}

TEST_F(PacketsTest, ExternalAndBalancerIpsLeadToTheService) {
  pod("a", "10.244.0.2");
  test::Place& client = network->pod("client", "10.244.0.9");
  putWeb({{"10.244.0.2", "here", true}}, [](auto service) {
    service.getSpec().setType("LoadBalancer");
    setExternalIps(service, {"198.51.100.5", "2001:db8::5"});
    setLoadBalancerIps(service, {"198.51.100.6"});
  });
  startProxy();
  for (const char* address : {"198.51.100.5", "198.51.100.6"}) {
    EXPECT_EQ(network->tcp(network->world(), address, 80), "a saw 10.244.0.1") << address;
    EXPECT_THAT(network->tcp(client, address, 80), StartsWith("a saw ")) << address;
    EXPECT_THAT(network->tcp(network->node(), address, 80), StartsWith("a saw ")) << address;
  }
}

TEST_F(PacketsTest, OnlySourceRangesMayUseTheBalancersIp) {
  pod("a", "10.244.0.2");
  test::Place& client = network->pod("client", "10.244.0.9");
  auto balanced = [](std::string range) {
    return [range](core_v1::Service::Builder service) {
      service.getSpec().setType("LoadBalancer");
      setExternalIps(service, {"198.51.100.5"});
      setLoadBalancerIps(service, {"198.51.100.6"});
      service.getSpec().initLoadBalancerSourceRanges(1).set(0, range);
    };
  };
  putWeb({{"10.244.0.2", "here", true}}, balanced("192.0.2.9/32"));
  startProxy();
  EXPECT_THAT(network->tcp(network->world(), "198.51.100.6", 80), StartsWith("a saw"));
  EXPECT_EQ(network->tcp(client, "198.51.100.6", 80), "nothing");
  putWeb({{"10.244.0.2", "here", true}}, balanced("203.0.113.0/24"));
  EXPECT_EQ(network->tcp(network->world(), "198.51.100.6", 80), "nothing");
  EXPECT_THAT(network->tcp(network->world(), "198.51.100.5", 80), StartsWith("a saw"))
      << "an external IP is open to all";
  EXPECT_THAT(network->tcp(network->world(), "192.0.2.1", 30080), StartsWith("a saw")) << "and so is the node port";
  EXPECT_THAT(network->tcp(client, kVip, 80), StartsWith("a saw"));
}

TEST_F(PacketsTest, LoopbackIsOpenToTheNodeAlone) {
  network->node().serve(9999);
  startProxy();
  EXPECT_THAT(TestNetwork::output({"/bin/cat", "/proc/sys/net/ipv4/conf/all/route_localnet"}), StartsWith("1"));
  EXPECT_EQ(network->tcp(network->node(), "127.0.0.1", 9999), "node saw 127.0.0.1");
  // A neighbour that sends to the node's 127.0.0.1 over the wire (CVE-2020-8558).
  network->world().run({"/usr/sbin/ip", "addr", "del", "127.0.0.1/8", "dev", "lo"});
  network->world().run({"/usr/sbin/ip", "route", "flush", "table", "local", "127.0.0.0/8"});
  network->world().run({"/bin/sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet"});
  network->world().run({"/usr/sbin/ip", "route", "add", "127.0.0.1/32", "via", "192.0.2.1"});
  EXPECT_EQ(network->tcp(network->world(), "127.0.0.1", 9999), "nothing");
  EXPECT_EQ(network->tcp(network->world(), "192.0.2.1", 9999), "node saw 192.0.2.9");
}

TEST_F(PacketsTest, ChainsOfWhatIsGoneAreRemoved) {
  putWeb({{"10.244.0.2", "here", true}, {"10.244.0.3", "here", true}});
  startProxy();
  EXPECT_THAT(nat(), AllOf(HasSubstr("10.244.0.2:8080"), HasSubstr("10.244.0.3:8080")));
  putEndpoints({{"10.244.0.3", "here", true}});
  EXPECT_THAT(nat(), AllOf(Not(HasSubstr("10.244.0.2")), HasSubstr("10.244.0.3:8080")));
  host.remove<core_v1::Service>("default", "web");
  settle();
  for (const char* prefix : {"KUBE-SVC-", "KUBE-SEP-", "KUBE-EXT-"}) EXPECT_THAT(nat(), Not(HasSubstr(prefix)));
}

TEST_F(PacketsTest, ARestartFindsItsRulesAndRemovesWhatHasGoneMeanwhile) {
  pod("b", "10.244.0.3");
  test::Place& client = network->pod("client", "10.244.0.9");
  putWeb({{"10.244.0.2", "here", true}, {"10.244.0.3", "here", true}});
  startProxy();
  const std::string rules = filter();
  plugin.reset();
  EXPECT_THAT(nat(), HasSubstr("10.244.0.3:8080")) << "connections go on while it is away";
  putEndpoints({{"10.244.0.3", "here", true}});
  startProxy();
  EXPECT_THAT(nat(), Not(HasSubstr("10.244.0.2")));
  EXPECT_EQ(filter(), rules) << "nothing is there twice";
  EXPECT_THAT(network->tcp(client, kVip, 80), StartsWith("b saw"));
}

TEST_F(PacketsTest, WhatDoesNotConcernTheTableWritesNothing) {
  putWeb({{"10.244.0.2", "here", true}});
  startProxy();
  // Every load begins by emptying the chains, so a rule of ours in them shows whether there was one.
  TestNetwork::output({"/usr/sbin/iptables", "-t", "nat", "-A", "KUBE-SERVICES", "-d", "203.0.113.77", "-j", "RETURN"});
  host.change<core_v1::Service>("default", "web",
                                [](auto service) { service.getSpec().setPublishNotReadyAddresses(true); });
  settle();
  EXPECT_THAT(nat(), HasSubstr("203.0.113.77"));
  putEndpoints({{"10.244.0.3", "here", true}});
  EXPECT_THAT(nat(), Not(HasSubstr("203.0.113.77")));
}

TEST_F(PacketsTest, TheRulesOfOthersAreLeftAlone) {
  TestNetwork::output({"/usr/sbin/iptables", "-t", "nat", "-N", "KUBE-ROUTER-FOREIGN"});
  TestNetwork::output(
      {"/usr/sbin/iptables", "-t", "nat", "-A", "PREROUTING", "-d", "203.0.113.1", "-j", "KUBE-ROUTER-FOREIGN"});
  startProxy();
  putWeb({{"10.244.0.2", "here", true}});
  EXPECT_THAT(nat(), HasSubstr("-A PREROUTING -d 203.0.113.1/32 -j KUBE-ROUTER-FOREIGN"));
}

class UdpFlowsTest : public PacketsTest {
 protected:
  void SetUp() override {
    PacketsTest::SetUp();
    if (!IsSkipped() && access("/usr/sbin/conntrack", X_OK) != 0) GTEST_SKIP() << "SKIPPED: conntrack is not installed";
  }
};

TEST_F(UdpFlowsTest, AUdpClientIsFreedFromAnEndpointThatIsGone) {
  pod("a", "10.244.0.2");
  pod("b", "10.244.0.3");
  test::Place& place = network->pod("client", "10.244.0.9");
  putWeb({{"10.244.0.2", "here", true}}, [](auto) {}, "UDP");
  startProxy();
  Client client(place, SOCK_DGRAM, kVip, 80);
  EXPECT_EQ(client.ask(), "a saw 10.244.0.9");
  putEndpoints({{"10.244.0.3", "here", true}}, "UDP");
  EXPECT_EQ(client.ask(), "b saw 10.244.0.9");
}

TEST_F(UdpFlowsTest, AUdpClientThatAskedBeforeThereWasAServiceReachesItsFirstEndpoint) {
  pod("a", "10.244.0.2");
  test::Place& place = network->pod("client", "10.244.0.9");
  startProxy();
  Client client(place, SOCK_DGRAM, kVip, 80);
  Client outside(network->world(), SOCK_DGRAM, "192.0.2.1", 30080);
  EXPECT_EQ(client.ask(), "nothing");
  EXPECT_EQ(outside.ask(), "refused");
  putWeb({}, [](auto) {}, "UDP");
  EXPECT_EQ(client.ask(), "refused");
  putEndpoints({{"10.244.0.2", "here", true}}, "UDP");
  EXPECT_EQ(client.ask(), "a saw 10.244.0.9");
  EXPECT_THAT(outside.ask(), StartsWith("a saw"));
}

TEST_F(UdpFlowsTest, FlowsToEndpointsThatStayAreKept) {
  pod("a", "10.244.0.2");
  pod("b", "10.244.0.3");
  test::Place& place = network->pod("client", "10.244.0.9");
  putWeb({{"10.244.0.2", "here", true}}, [](auto) {}, "UDP");
  startProxy();
  Client client(place, SOCK_DGRAM, kVip, 80);
  EXPECT_EQ(client.ask(), "a saw 10.244.0.9");
  putEndpoints({{"10.244.0.2", "here", true}, {"10.244.0.3", "here", true}}, "UDP");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.ask(), "a saw 10.244.0.9");
}

TEST_F(UdpFlowsTest, FlowsThatWentStaleWhileTheProxyWasAwayAreForgottenAtItsStart) {
  pod("a", "10.244.0.2");
  pod("b", "10.244.0.3");
  test::Place& place = network->pod("client", "10.244.0.9");
  putWeb({{"10.244.0.2", "here", true}}, [](auto) {}, "UDP");
  startProxy();
  Client client(place, SOCK_DGRAM, kVip, 80);
  EXPECT_EQ(client.ask(), "a saw 10.244.0.9");
  plugin.reset();
  putEndpoints({{"10.244.0.3", "here", true}}, "UDP");
  startProxy();
  EXPECT_EQ(client.ask(), "b saw 10.244.0.9");
}

}  // namespace
}  // namespace cleat::proxy
