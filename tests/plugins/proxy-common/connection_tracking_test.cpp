#include "plugins/proxy-common/connection_tracking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cleat::proxy {
namespace {

std::string line(const std::string& address, int port, const std::string& target, int targetPort) {
  return "udp      17 28 src=10.244.0.9 dst=" + address + " sport=4444 dport=" + std::to_string(port) +
         " [UNREPLIED] src=" + target + " dst=10.244.0.9 sport=" + std::to_string(targetPort) +
         " dport=4444 mark=0 use=1\n";
}

TEST(ConnectionTrackingTest, AFlowIsStaleWhenItDoesNotGoWhereItsServiceSays) {
  const std::vector<UdpRoute> routes = {{"10.96.0.10", 53, {"10.244.0.2:5353", "10.244.0.3:5353"}},
                                        {"10.96.0.11", 53, {}},
                                        {"", 30053, {"10.244.0.2:5353"}},
                                        {"10.96.0.12", 53, {":40000"}},
                                        {"fd00:96::10", 53, {"[fd00:244::2]:5353"}}};
  struct Case {
    const char* what;
    std::string listing;
    bool stale;
  };
  for (const Case& one : {
           Case{"to an endpoint", line("10.96.0.10", 53, "10.244.0.3", 5353), false},
           Case{"to an endpoint that is gone", line("10.96.0.10", 53, "10.244.0.4", 5353), true},
           Case{"to an endpoint's old port", line("10.96.0.10", 53, "10.244.0.3", 53), true},
           Case{"from before there was a service", line("10.96.0.10", 53, "10.96.0.10", 53), true},
           Case{"to a service without endpoints", line("10.96.0.11", 53, "10.244.0.2", 5353), true},
           Case{"to a node port", line("192.0.2.1", 30053, "10.244.0.2", 5353), false},
           Case{"to a node port, and never translated", line("192.0.2.1", 30053, "192.0.2.1", 30053), true},
           Case{"to the relay", line("10.96.0.12", 53, "127.0.0.1", 40000), false},
           Case{"to the relay of another time", line("10.96.0.12", 53, "127.0.0.1", 40001), true},
           Case{"of IPv6, to an endpoint", line("fd00:96::10", 53, "fd00:244::2", 5353), false},
           Case{"of IPv6, to one that is gone", line("fd00:96::10", 53, "fd00:244::3", 5353), true},
           Case{"to another port", line("10.96.0.10", 54, "10.244.0.4", 5353), false},
           Case{"to nobody's address", line("8.8.8.8", 53, "8.8.8.8", 53), false},
           Case{"no flow", "conntrack v1.4.7: 0 flow entries\n", false},
           Case{"cut off", "udp 17 28 src=10.244.0.9 dst=10.96.0.10 sport=44", false},
       }) {
    EXPECT_EQ(!staleFlows(one.listing, routes).empty(), one.stale) << one.what;
  }
}

TEST(ConnectionTrackingTest, FlowsOfManyClientsAreForgottenTogether) {
  std::string listing;
  for (int i = 0; i < 100; ++i) listing += line("10.96.0.10", 53, "10.244.0.4", 5353);
  EXPECT_THAT(staleFlows(listing, {{"10.96.0.10", 53, {}}}),
              testing::ElementsAre(UdpFlow{"10.96.0.10", "10.244.0.4", 53, 5353}));
}

}  // namespace
}  // namespace cleat::proxy
