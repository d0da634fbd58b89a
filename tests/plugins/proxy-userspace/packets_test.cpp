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
  static std::string rules() { return TestNetwork::output({"/usr/sbin/iptables-save"}); }
  // Of the one service that there is.
  static uint16_t relayPort() {
    const std::string all = rules(), before = "--to-ports ";
    const size_t found = all.find(before);
    return found == std::string::npos ? 0 : static_cast<uint16_t>(std::stoul(all.substr(found + before.size())));
  }
};

TEST_F(UserspacePacketsTest, EveryAddressOfAServiceLeadsToItsEndpoints) {
  for (const char* protocol : {"TCP", "UDP"}) {
    SCOPED_TRACE(protocol);
    network = std::make_unique<TestNetwork>();
    pod("a", "10.244.0.2");
    test::Place& client = network->pod("client", "10.244.0.9");
    plugin.reset();
    auto external = [](auto service) { setExternalIps(service, {"198.51.100.5", "2001:db8::5"}); };
    putWeb({{"10.244.0.2", "here", true}}, external, protocol);
    start(PROXY_USERSPACE);
    auto ask = protocol[0] == 'T' ? TestNetwork::tcp : TestNetwork::udp;
    EXPECT_EQ(ask(client, kVip, 80), "a saw 10.244.0.1");
    EXPECT_EQ(ask(network->node(), kVip, 80), "a saw 10.244.0.1");
    EXPECT_EQ(ask(network->world(), kVip, 80), "a saw 10.244.0.1");
    EXPECT_EQ(ask(network->world(), "198.51.100.5", 80), "a saw 10.244.0.1");
    EXPECT_EQ(ask(network->world(), "192.0.2.1", 30080), "a saw 10.244.0.1");
    EXPECT_EQ(ask(network->node(), "127.0.0.1", 30080), "a saw 10.244.0.1");
    EXPECT_EQ(ask(network->node(), "192.0.2.1", 30080), "a saw 10.244.0.1");
  }
}

TEST_F(UserspacePacketsTest, TheRelaysOwnPortIsClosedToEverybody) {
  for (const char* protocol : {"TCP", "UDP"}) {
    SCOPED_TRACE(protocol);
    network = std::make_unique<TestNetwork>();
    pod("a", "10.244.0.2");
    test::Place& client = network->pod("client", "10.244.0.9");
    plugin.reset();
    putWeb({{"10.244.0.2", "here", true}}, [](auto) {}, protocol);
    start(PROXY_USERSPACE);
    const uint16_t relay = relayPort();
    auto ask = protocol[0] == 'T' ? TestNetwork::tcp : TestNetwork::udp;
    EXPECT_EQ(ask(client, kVip, 80), "a saw 10.244.0.1");
    EXPECT_EQ(ask(network->world(), "192.0.2.1", relay), "refused");
    EXPECT_EQ(ask(client, "10.244.0.1", relay), "refused");
    EXPECT_EQ(ask(network->node(), "127.0.0.1", relay), "refused");
    EXPECT_EQ(ask(network->node(), "192.0.2.1", relay), "refused");
    EXPECT_NE(ask(client, kVip, relay), "a saw 10.244.0.1") << "a port of the service's address that it does not have";
  }
}

// Where the filter's rules are not (yet) in force, the relay looks itself.
TEST_F(UserspacePacketsTest, ATcpConnectionThatWasNotRedirectedIsClosed) {
  pod("a", "10.244.0.2");
  test::Place& client = network->pod("client", "10.244.0.9");
  putWeb({{"10.244.0.2", "here", true}});
  start(PROXY_USERSPACE);
  TestNetwork::output({"/usr/sbin/iptables", "-F", "INPUT"});
  EXPECT_EQ(network->tcp(client, kVip, 80), "a saw 10.244.0.1");
  EXPECT_THAT(network->tcp(network->world(), "192.0.2.1", relayPort()), Not(StartsWith("a saw")));
  EXPECT_THAT(network->tcp(network->node(), "127.0.0.1", relayPort()), Not(StartsWith("a saw")));
}

TEST_F(UserspacePacketsTest, OnlySourceRangesMayUseTheBalancersIp) {
  pod("a", "10.244.0.2");
  test::Place& client = network->pod("client", "10.244.0.9");
  putWeb({{"10.244.0.2", "here", true}}, [](core_v1::Service::Builder service) {
    service.getSpec().setType("LoadBalancer");
    setLoadBalancerIps(service, {"198.51.100.6"});
    service.getSpec().initLoadBalancerSourceRanges(1).set(0, "192.0.2.0/24");
  });
  start(PROXY_USERSPACE);
  EXPECT_THAT(network->tcp(network->world(), "198.51.100.6", 80), StartsWith("a saw"));
  EXPECT_EQ(network->tcp(client, "198.51.100.6", 80), "nothing");
}

TEST_F(UserspacePacketsTest, AServiceThatIsGoneIsNotRelayed) {
  pod("a", "10.244.0.2");
  test::Place& client = network->pod("client", "10.244.0.9");
  putWeb({{"10.244.0.2", "here", true}});
  start(PROXY_USERSPACE);
  EXPECT_THAT(network->tcp(client, kVip, 80), StartsWith("a saw"));
  host.remove<core_v1::Service>("default", "web");
  settle();
  EXPECT_EQ(network->tcp(client, kVip, 80), "nothing");
  EXPECT_THAT(rules(), Not(HasSubstr("REDIRECT")));
}

TEST_F(UserspacePacketsTest, AnotherModeLeavesNothingOfTheOneBefore) {
  pod("a", "10.244.0.2");
  test::Place& client = network->pod("client", "10.244.0.9");
  TestNetwork::output({"/usr/sbin/iptables", "-A", "FORWARD", "-d", "203.0.113.1", "-m", "comment", "--comment",
                       "a rule of somebody else", "-j", "ACCEPT"});
  putWeb({{"10.244.0.2", "here", true}});
  const std::vector<std::string> ofIptables = {"KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-MARK-MASQ",
                                               "KUBE-FORWARD",  "KUBE-FIREWALL",  "KUBE-SVC-",        "KUBE-SEP-"};
  const std::vector<std::string> ofUserspace = {"KUBE-PORTALS", "KUBE-NODEPORTALS"};
  struct Step {
    const char* file;
    const std::vector<std::string>&there, &gone;
    const char* seen;
  };
  for (const Step& step : {Step{PROXY_IPTABLES, ofIptables, ofUserspace, "a saw 10.244.0.9"},
                           Step{PROXY_USERSPACE, ofUserspace, ofIptables, "a saw 10.244.0.1"},
                           Step{PROXY_IPTABLES, ofIptables, ofUserspace, "a saw 10.244.0.9"}}) {
    SCOPED_TRACE(step.seen);
    start(step.file);
    for (const std::string& chain : step.there) EXPECT_THAT(rules(), HasSubstr(chain));
    for (const std::string& chain : step.gone) EXPECT_THAT(rules(), Not(HasSubstr(chain)));
    EXPECT_THAT(rules(), HasSubstr("a rule of somebody else"));
    EXPECT_EQ(network->tcp(client, kVip, 80), step.seen);
    EXPECT_THAT(network->tcp(network->world(), "192.0.2.1", 30080), StartsWith("a saw"));
  }
}

TEST_F(UserspacePacketsTest, UdpClientsFollowIntoAnotherModeAndARestart) {
  if (access("/usr/sbin/conntrack", X_OK) != 0) GTEST_SKIP() << "SKIPPED: conntrack is not installed";
  pod("a", "10.244.0.2");
  test::Place& place = network->pod("client", "10.244.0.9");
  putWeb({{"10.244.0.2", "here", true}}, [](auto) {}, "UDP");
  start(PROXY_IPTABLES);
  Client client(place, SOCK_DGRAM, kVip, 80);
  EXPECT_EQ(client.ask(), "a saw 10.244.0.9");
  start(PROXY_USERSPACE);
  EXPECT_EQ(client.ask(), "a saw 10.244.0.1");
  start(PROXY_USERSPACE);
  EXPECT_EQ(client.ask(), "a saw 10.244.0.1") << "the relay has another port now";
  start(PROXY_IPTABLES);
  EXPECT_EQ(client.ask(), "a saw 10.244.0.9");
}

}  // namespace
}  // namespace cleat::proxy
