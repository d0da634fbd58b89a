#include "server/unknown_peers.h"

#include <gtest/gtest.h>

#include <vector>

namespace cleat::agent {
namespace {

struct UnknownPeersTest : testing::Test {
  std::shared_ptr<UnknownPeers> peers =
      std::make_shared<UnknownPeers>(UnknownPeerLimits{.connections = 5, .connectionsOfOne = 3});
  std::vector<std::string> putOut;
  std::vector<std::shared_ptr<void>> places;

  void come(const char* address, const std::string& name) {
    places.push_back(peers->admit(boost::asio::ip::make_address(address), [this, name] { putOut.push_back(name); }));
  }
};

TEST_F(UnknownPeersTest, ANewcomerTakesThePlaceOfTheOldestOfItsAddress) {
  come("192.0.2.2", "other");
  for (const char* name : {"1", "2", "3"}) come("192.0.2.1", name);
  EXPECT_TRUE(putOut.empty());
  come("::ffff:192.0.2.1", "4");
  EXPECT_EQ(putOut, std::vector<std::string>{"1"});
  EXPECT_EQ(peers->count(), 4u);
}

TEST_F(UnknownPeersTest, WhereAllAreTakenTheAddressWithMostGivesOneUp) {
  come("192.0.2.2", "other");
  for (const char* name : {"1", "2", "3"}) come("2001:db8::1", name);
  come("2001:db8:1::1", "third");
  come("2001:db8:2::1", "fourth");
  EXPECT_EQ(putOut, std::vector<std::string>{"1"});
}

TEST_F(UnknownPeersTest, OneIpv6NetworkIsOneAddress) {
  for (const char* address : {"2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::ffff:1"}) come(address, address);
  EXPECT_EQ(putOut, std::vector<std::string>{"2001:db8::1"});
}

TEST_F(UnknownPeersTest, APlaceThatIsGivenBackIsFree) {
  for (const char* name : {"1", "2", "3", "4"}) come("192.0.2.1", name);
  places.clear();  // the one that was put out among them
  EXPECT_EQ(peers->count(), 0u);
  for (const char* name : {"5", "6", "7"}) come("192.0.2.1", name);
  EXPECT_EQ(putOut, std::vector<std::string>{"1"});
}

}  // namespace
}  // namespace cleat::agent
