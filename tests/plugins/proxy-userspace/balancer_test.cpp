#include "plugins/proxy-userspace/balancer.h"

#include <gtest/gtest.h>

#include <set>

namespace cleat::proxy {
namespace {

using namespace std::chrono_literals;

ServicePort service(const std::vector<int>& ports, int affinitySeconds = 0) {
  ServicePort made;
  made.affinitySeconds = affinitySeconds;
  for (int port : ports) made.endpoints.push_back({"127.0.0.1", port, true});
  return made;
}

class BalancerTest : public testing::Test {
 protected:
  int choose(uint32_t client) {
    const auto endpoint = balancer.choose(address(client), now);
    return endpoint ? endpoint->port() : 0;
  }
  static AddressBytes address(uint32_t client) {
    AddressBytes bytes{};
    for (size_t i = 0; i < sizeof client; ++i) bytes[i] = static_cast<uint8_t>(client >> (8 * i));
    return bytes;
  }
  Balancer balancer;
  Clock::time_point now{};
};

TEST_F(BalancerTest, EndpointsTakeTurns) {
  EXPECT_EQ(choose(1), 0) << "there is none";
  balancer.update(service({1, 2, 3}));
  for (int round = 0; round < 3; ++round)
    for (int port : {1, 2, 3}) EXPECT_EQ(choose(1), port);
}

TEST_F(BalancerTest, AClientWithAffinityKeepsItsEndpointWhileItComesBackInTime) {
  balancer.update(service({1, 2, 3}, 10));
  const int mine = choose(7);
  EXPECT_NE(choose(8), mine);
  for (int i = 0; i < 5; ++i) {
    now += 9s;
    EXPECT_EQ(choose(7), mine) << "each time counts anew";
  }
  now += 11s;
  std::set<int> later;
  for (int i = 0; i < 3; ++i) {
    later.insert(choose(7));
    now += 11s;
  }
  EXPECT_EQ(later.size(), 3u);
}

TEST_F(BalancerTest, AClientLosesAnEndpointThatIsGoneOrDoesNotAnswer) {
  balancer.update(service({1, 2}, 100));
  const int mine = choose(7);
  balancer.forget(address(7));
  const int next = choose(7);
  EXPECT_NE(next, mine);
  balancer.update(service({mine}, 100));
  EXPECT_EQ(choose(7), mine);
  balancer.update(service({mine, 9}, 100));
  EXPECT_EQ(choose(7), mine) << "a new endpoint takes nobody away";
}

TEST_F(BalancerTest, ItRemembersABoundedNumberOfClients) {
  balancer.update(service({1, 2}, 1000));
  for (uint32_t client = 0; client < Balancer::kMostClients + 10; ++client) ASSERT_NE(choose(client), 0);
  const int last = choose(Balancer::kMostClients + 9);
  EXPECT_EQ(choose(Balancer::kMostClients + 9), last);
}

}  // namespace
}  // namespace cleat::proxy
