#include "core/app/authority.h"

#include <gtest/gtest.h>

#include "core/app/pki.h"
#include "core/app/wait.h"
#include "core/http/http_server.h"
#include "tests/core/store/temporary_directory.h"

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
  for (const char* url : {"", "192.0.2.1:6443", "http://192.0.2.1:6443", "https://", "https://:6443",
                          "https://server:", "https://[::1", "https://[]:6443", "https://[::1]6443"}) {
    auto parsed = parseServerUrl(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().message, std::string("--server ") + url + ": give it as https://HOST:PORT");
  }
}

// A server with a certificate that a new authority has signed, as `cleat server` is.
struct FindAuthority : ::testing::Test {
  cleat::testing::TemporaryDirectory folder;
  base::AsioExecutor executor;
  std::unique_ptr<Pki> pki;
  std::unique_ptr<http::HttpServer> server;
  std::string url;

  void SetUp() override {
    auto opened = Pki::open(folder.path() + "/pki");
    ASSERT_TRUE(opened) << opened.error().message;
    pki = std::make_unique<Pki>(std::move(*opened));
    ASSERT_TRUE(pki->ensure("server", {.commonName = "server", .names = {"127.0.0.1"}}));
    // It shows its authority too, so that who joins can find it.
    const std::string chain = *readFile(pki->file("server.crt")) + *readFile(pki->caCertFile());
    ASSERT_TRUE(writeFile(pki->file("chain.crt"), chain, 0600));
    http::HttpServerOptions options;
    options.tls = *http::TlsContext::server(pki->file("chain.crt"), pki->file("server.key"));
    options.errorResponse = [](int) { return http::Response(); };
    auto listening =
        http::HttpServer::listen(executor, std::move(options), [](http::Exchange&) -> Task<void> { co_return; });
    ASSERT_TRUE(listening) << listening.error().message;
    server = std::move(*listening);
    url = "https://127.0.0.1:" + std::to_string(server->port());
  }
};

TEST_F(FindAuthority, KnowsItByItsFingerprint) {
  auto found = wait(findAuthority(executor, url, *pki->caFingerprint()));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, *readFile(pki->caCertFile()));
}

TEST_F(FindAuthority, RefusesAClusterOfAnotherAuthority) {
  auto found = wait(findAuthority(executor, url, std::string(64, 'a')));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, 401);
  EXPECT_EQ(found.error().message,
            url + " is not the cluster that the token is for: its authority has another fingerprint");
  // The server's own certificate is no authority, though its fingerprint is there.
  auto own = wait(findAuthority(executor, url, *fingerprintOf(*readFile(pki->file("server.crt")))));
  EXPECT_FALSE(own);
}

TEST_F(FindAuthority, SaysWhatCannotBeReached) {
  server->stop(std::chrono::seconds(1));
  auto found = wait(findAuthority(executor, url, *pki->caFingerprint()));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message, "cannot connect to " + url + ": Connection refused");
}

}  // namespace
}  // namespace cleat::app
