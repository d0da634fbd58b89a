#include "core/app/authority.h"

#include <gtest/gtest.h>

namespace cleat::app {
namespace {

TEST(ServerUrl, IsTakenApart) {
  struct Case {
    const char *url, *host, *port;
  };
  for (auto [url, host, port] : {Case{"https://192.0.2.1:7443", "192.0.2.1", "7443"},
                                 {"https://server.example/", "server.example", "6443"},
                                 {"https://[2001:db8::1]:7443", "2001:db8::1", "7443"},
                                 {"https://[::1]", "::1", "6443"}}) {
    auto parsed = parseServerUrl(url);
    ASSERT_TRUE(parsed) << url;
    EXPECT_EQ(parsed->host, host) << url;
    EXPECT_EQ(parsed->port, port) << url;
  }
}

TEST(ServerUrl, WhatIsNoneIsRefusedByName) {
  for (const char* url : {"", "192.0.2.1:6443", "http://192.0.2.1:6443", "https://", "https://:6443", "https://server:",
                          "https://[::1", "https://[]:6443", "https://[::1]6443"}) {
    auto parsed = parseServerUrl(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().message, std::string("--server ") + url + ": give it as https://HOST:PORT");
  }
}

}  // namespace
}  // namespace cleat::app
