// The userspace proxy with real packets, and the change from one mode to the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/plugins/proxy-common/proxy_fixture.h"

namespace cleat::proxy {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class UserspacePacketsTest : public ProxyTest {
 protected:
  std::string rules() const { return TestNetwork::output({program("-save")}); }
  // Of the one service that there is.
  uint16_t relayPort() const {
    const std::string all = rules(), before = "--to-ports ";
    const size_t found = all.find(before);
    return found == std::string::npos ? 0 : static_cast<uint16_t>(std::stoul(all.substr(found + before.size())));
  }
};

TEST_P(UserspacePacketsTest, EveryAddressOfAServiceLeadsToItsEndpoints) {
  for (const char* protocol : {"TCP", "UDP"}) {
    SCOPED_TRACE(protocol);
    network = std::make_unique<TestNetwork>();
    pod("a", at.pod(2));
    test::Place& client = network->pod("client", at.pod(9));
    plugin.reset();
    auto external = [&](auto service) {
      setExternalIps(service, {at.outside(5), at.ipv6 ? "198.51.100.5" : "2001:db8::5"});
    };
    putWeb({{at.pod(2), "here", true}}, external, protocol);
    start(PROXY_USERSPACE);
    auto ask = protocol[0] == 'T' ? TestNetwork::tcp : TestNetwork::udp;
    EXPECT_EQ(ask(client, at.vip, 80), saw("a", at.bridge));
    EXPECT_EQ(ask(network->node(), at.vip, 80), saw("a", at.bridge));
    EXPECT_EQ(ask(network->world(), at.vip, 80), saw("a", at.bridge));
    EXPECT_EQ(ask(network->world(), at.outside(5), 80), saw("a", at.bridge));
    EXPECT_EQ(ask(network->world(), at.node, 30080), saw("a", at.bridge));
    EXPECT_EQ(ask(network->node(), at.loopback, 30080), saw("a", at.bridge));
    EXPECT_EQ(ask(network->node(), at.node, 30080), saw("a", at.bridge));
  }
}

TEST_P(UserspacePacketsTest, TheRelaysOwnPortIsClosedToEverybody) {
  for (const char* protocol : {"TCP", "UDP"}) {
    SCOPED_TRACE(protocol);
    network = std::make_unique<TestNetwork>();
    pod("a", at.pod(2));
    test::Place& client = network->pod("client", at.pod(9));
    plugin.reset();
    putWeb({{at.pod(2), "here", true}}, [](auto) {}, protocol);
    start(PROXY_USERSPACE);
    const uint16_t relay = relayPort();
    auto ask = protocol[0] == 'T' ? TestNetwork::tcp : TestNetwork::udp;
    EXPECT_EQ(ask(client, at.vip, 80), saw("a", at.bridge));
    EXPECT_EQ(ask(network->world(), at.node, relay), "refused");
    EXPECT_EQ(ask(client, at.bridge, relay), "refused");
    EXPECT_EQ(ask(network->node(), at.loopback, relay), "refused");
    EXPECT_EQ(ask(network->node(), at.node, relay), "refused");
    EXPECT_NE(ask(client, at.vip, relay), saw("a", at.bridge))
        << "a port of the service's address that it does not have";
  }
}

// Where the filter's rules are not (yet) in force, the relay looks itself.
TEST_P(UserspacePacketsTest, ATcpConnectionThatWasNotRedirectedIsClosed) {
  pod("a", at.pod(2));
  test::Place& client = network->pod("client", at.pod(9));
  putWeb({{at.pod(2), "here", true}});
  start(PROXY_USERSPACE);
  TestNetwork::output({program(), "-F", "INPUT"});
  EXPECT_EQ(network->tcp(client, at.vip, 80), saw("a", at.bridge));
  EXPECT_THAT(network->tcp(network->world(), at.node, relayPort()), Not(StartsWith("a saw")));
  EXPECT_THAT(network->tcp(network->node(), at.loopback, relayPort()), Not(StartsWith("a saw")));
}

TEST_P(UserspacePacketsTest, OnlySourceRangesMayUseTheBalancersIp) {
  pod("a", at.pod(2));
  test::Place& client = network->pod("client", at.pod(9));
  putWeb({{at.pod(2), "here", true}}, [&](core_v1::Service::Builder service) {
    service.getSpec().setType("LoadBalancer");
    setLoadBalancerIps(service, {at.outside(6)});
    service.getSpec().initLoadBalancerSourceRanges(1).set(0, at.alone(at.world));
  });
  start(PROXY_USERSPACE);
  EXPECT_THAT(network->tcp(network->world(), at.outside(6), 80), StartsWith("a saw"));
  EXPECT_EQ(network->tcp(client, at.outside(6), 80), "nothing");
}

TEST_P(UserspacePacketsTest, AServiceThatIsGoneIsNotRelayed) {
  pod("a", at.pod(2));
  test::Place& client = network->pod("client", at.pod(9));
  putWeb({{at.pod(2), "here", true}});
  start(PROXY_USERSPACE);
  EXPECT_THAT(network->tcp(client, at.vip, 80), StartsWith("a saw"));
  host.remove<core_v1::Service>("default", "web");
  settle();
  EXPECT_EQ(network->tcp(client, at.vip, 80), "nothing");
  EXPECT_THAT(rules(), Not(HasSubstr("REDIRECT")));
}

TEST_P(UserspacePacketsTest, AnotherModeLeavesNothingOfTheOneBefore) {
  pod("a", at.pod(2));
  test::Place& client = network->pod("client", at.pod(9));
  TestNetwork::output({program(), "-A", "FORWARD", "-d", at.nobody(1), "-m", "comment", "--comment",
                       "a rule of somebody else", "-j", "ACCEPT"});
  putWeb({{at.pod(2), "here", true}});
  std::vector<std::string> ofIptables = {"KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-MARK-MASQ",
                                         "KUBE-FORWARD",  "KUBE-SVC-",      "KUBE-SEP-"};
  if (!at.ipv6) ofIptables.emplace_back("KUBE-FIREWALL");
  const std::vector<std::string> ofUserspace = {"KUBE-PORTALS", "KUBE-NODEPORTALS"};
  struct Step {
    const char* file;
    const std::vector<std::string>&there, &gone;
    std::string seen;
  };
  for (const Step& step : {Step{PROXY_IPTABLES, ofIptables, ofUserspace, saw("a", at.pod(9))},
                           Step{PROXY_USERSPACE, ofUserspace, ofIptables, saw("a", at.bridge)},
                           Step{PROXY_IPTABLES, ofIptables, ofUserspace, saw("a", at.pod(9))}}) {
    SCOPED_TRACE(step.seen);
    start(step.file);
    for (const std::string& chain : step.there) EXPECT_THAT(rules(), HasSubstr(chain));
    for (const std::string& chain : step.gone) EXPECT_THAT(rules(), Not(HasSubstr(chain)));
    EXPECT_THAT(rules(), HasSubstr("a rule of somebody else"));
    EXPECT_EQ(network->tcp(client, at.vip, 80), step.seen);
    EXPECT_THAT(network->tcp(network->world(), at.node, 30080), StartsWith("a saw"));
  }
}

TEST_P(UserspacePacketsTest, UdpClientsFollowIntoAnotherModeAndARestart) {
  if (access("/usr/sbin/conntrack", X_OK) != 0) GTEST_SKIP() << "SKIPPED: conntrack is not installed";
  pod("a", at.pod(2));
  test::Place& place = network->pod("client", at.pod(9));
  putWeb({{at.pod(2), "here", true}}, [](auto) {}, "UDP");
  start(PROXY_IPTABLES);
  Client client(place, SOCK_DGRAM, at.vip, 80);
  EXPECT_EQ(client.ask(), saw("a", at.pod(9)));
  start(PROXY_USERSPACE);
  EXPECT_EQ(client.ask(), saw("a", at.bridge));
  start(PROXY_USERSPACE);
  EXPECT_EQ(client.ask(), saw("a", at.bridge)) << "the relay has another port now";
  start(PROXY_IPTABLES);
  EXPECT_EQ(client.ask(), saw("a", at.pod(9)));
}

INSTANTIATE_TEST_SUITE_P(Of, UserspacePacketsTest, testing::ValuesIn(kFamilies), familyOf);

}  // namespace
}  // namespace cleat::proxy
