#include "core/http/socket_address.h"

#include <gtest/gtest.h>

namespace cleat::http {
namespace {

std::string originOf(const char* address) { return SocketAddress::parse(address, 1)->origin(); }

TEST(SocketAddressTest, OneOriginIsAnIpv4AddressOrTheNetworkOfAnIpv6One) {
  EXPECT_EQ(originOf("192.0.2.1"), originOf("::ffff:192.0.2.1"));
  EXPECT_NE(originOf("192.0.2.1"), originOf("192.0.2.2"));
  EXPECT_EQ(originOf("2001:db8:0:1::1"), originOf("2001:db8:0:1:ffff::2"));
  EXPECT_NE(originOf("2001:db8:0:1::1"), originOf("2001:db8:0:2::1"));
}

TEST(SocketAddressTest, IsShownWithItsPort) {
  EXPECT_EQ(SocketAddress::parse("192.0.2.1", 443)->text(), "192.0.2.1:443");
  EXPECT_EQ(SocketAddress::parse("2001:db8::1", 443)->text(), "[2001:db8::1]:443");
  EXPECT_FALSE(SocketAddress::parse("example.com", 443));
}

}  // namespace
}  // namespace cleat::http
