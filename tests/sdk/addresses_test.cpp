// Texts that name whom to reach: hosts with ports, and what a proxy subresource is asked for.
#include <cleat/sdk/host_port.h>
#include <cleat/sdk/proxied_name.h>
#include <gtest/gtest.h>

namespace cleat {
namespace {

TEST(HostPort, AnIPv6AddressHasBracketsAroundIt) {
  EXPECT_EQ(hostPort("10.0.0.1", 443), "10.0.0.1:443");
  EXPECT_EQ(hostPort("2001:db8::1", uint16_t{443}), "[2001:db8::1]:443");
  EXPECT_EQ(hostInUrl("::1"), "[::1]");
  EXPECT_EQ(hostInUrl("example.com"), "example.com");
}

TEST(HostPort, IsReadAsItIsWritten) {
  struct Case {
    std::string_view text, host, port;
  };
  for (const Case& one : std::initializer_list<Case>{{"a.example", "a.example", ""},
                                                     {"10.0.0.1:80", "10.0.0.1", "80"},
                                                     {"[::1]", "::1", ""},
                                                     {"[2001:db8::1]:443", "2001:db8::1", "443"}}) {
    const auto read = splitHostPort(one.text);
    ASSERT_TRUE(read) << one.text;
    EXPECT_EQ(read->host, one.host);
    EXPECT_EQ(read->port, one.port);
  }
  for (std::string_view wrong : {"", ":80", "a:", "[::1", "[::1]80", "[]:80", "[::1]:"}) {
    EXPECT_FALSE(splitHostPort(wrong)) << wrong;
  }
}

TEST(ProxiedName, HasASchemeAndAPortIfItSaysSo) {
  struct Case {
    std::string_view text, scheme, name, port;
  };
  for (const Case& one : std::initializer_list<Case>{{"web", "", "web", ""},
                                                     {"web:", "", "web", ""},
                                                     {"web:80", "", "web", "80"},
                                                     {"https:web:", "https", "web", ""},
                                                     {":web:http", "", "web", "http"},
                                                     {"http:web:80", "http", "web", "80"}}) {
    const auto read = ProxiedName::parse(one.text);
    ASSERT_TRUE(read) << one.text;
    EXPECT_EQ(read->scheme, one.scheme) << one.text;
    EXPECT_EQ(read->name, one.name) << one.text;
    EXPECT_EQ(read->port, one.port) << one.text;
  }
  for (std::string_view wrong : {"", ":80", "ftp:web:21", "a:b:c:d", "http::80"}) {
    EXPECT_FALSE(ProxiedName::parse(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace cleat
