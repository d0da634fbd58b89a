// Forwarding to another server: what is behind logs, exec and proxies.
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "core/api/streams/forwarder.h"
#include "core/base/on_strand.h"
#include "tests/core/api/api_fixture.h"

namespace cleat::api {
namespace {

const std::string kPod = "/api/v1/namespaces/default/pods/p";

class ForwarderTest : public ApiFixture {
 protected:
  ForwarderTest() {
    create("/api/v1/namespaces/default/pods",
           R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"p"},"spec":{"containers":[{"name":"c"}]}})");
  }
  ~ForwarderTest() override { upstream_.reset(); }

  // What stands behind the pod's connections.
  void serveUpstream(http::Handler handler) {
    http::HttpServerOptions options;
    options.tls = *http::TlsContext::server(keys_.cert("server"), keys_.key("server"));
    options.errorResponse = [](int) { return http::Response(); };
    upstream_ = std::move(*http::HttpServer::listen(executor_, std::move(options), std::move(handler)));
    plugins_.connectUrl = "https://127.0.0.1:" + std::to_string(upstream_->port()) + "/up";
  }

  std::unique_ptr<http::HttpServer> upstream_;
};

TEST_F(ForwarderTest, ForwardsUnderItsOwnIdentity) {
  serveUpstream([](http::Exchange& exchange) -> Task<void> {
    co_await exchange.readBody();
    const http::Request& request = exchange.request();
    http::Response response;
    response.head.contentType = "text/plain";
    response.body.text(request.method + " " + request.target + " " + request.body);
    response.body.text(request.headers.has("Authorization") ? " authorization!" : "");
    response.body.text(" x=" + std::string(request.headers.get("X-Mine")));
    response.body.text(exchange.peer().certificates.empty() ? "" : " certificate");
    co_await exchange.send(std::move(response));
  });
  Answer answer = call("POST", kPod + "/proxy/a%2Fb/c?q=1", "body", {"X-Mine: yes"});
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body, "POST /up/a%2Fb/c?q=1 body x=yes certificate");
  EXPECT_EQ(answer.headers["content-type"], "text/plain");
}

TEST_F(ForwarderTest, PassesALogOnWhileItIsWritten) {
  Completion<bool> mayGoOn;
  serveUpstream([mayGoOn](http::Exchange& exchange) -> Task<void> {
    http::ResponseHead head;
    head.contentType = "text/plain";
    co_await exchange.begin(head);
    http::Body first("line 1\n");
    co_await exchange.write(std::move(first));
    co_await mayGoOn;
    co_await base::goTo(*exchange.strand());
    http::Body second("line 2\n");
    co_await exchange.write(std::move(second));
    co_await exchange.end();
  });
  TestClient client(port());
  client.send("GET " + kPod + "/log?follow=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n\r\n");
  EXPECT_EQ(client.readHead().status, 200);
  EXPECT_EQ(client.readChunk(), "line 1\n");
  mayGoOn.complete(true);
  EXPECT_EQ(client.readChunk(), "line 2\n");
  EXPECT_EQ(client.readChunk(), "");
}

TEST_F(ForwarderTest, EndsWhatIsBehindWhenTheClientGoes) {
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;
  serveUpstream([&](http::Exchange& exchange) -> Task<void> {
    co_await exchange.begin(http::ResponseHead());
    http::Body first("line");
    co_await exchange.write(std::move(first));
    Completion<bool> closed;
    exchange.onClosed([closed]() mutable { closed.complete(true); });
    co_await closed;
    std::lock_guard lock(mutex);
    ended = true;
    changed.notify_all();
  });
  {
    TestClient client(port());
    client.send("GET " + kPod + "/log?follow=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n\r\n");
    client.readHead();
    EXPECT_EQ(client.readChunk(), "line");
  }
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return ended; }));
}

TEST_F(ForwarderTest, SplicesAnUpgradeBothWays) {
  serveUpstream([](http::Exchange& exchange) -> Task<void> {
    EXPECT_EQ(exchange.request().headers.get("Upgrade"), "SPDY/3.1");
    http::Headers fields;
    fields.add("Connection", "Upgrade");
    fields.add("Upgrade", "SPDY/3.1");
    fields.add("X-Stream-Protocol-Version", "v4.channel.k8s.io");
    std::shared_ptr<http::ByteStream> stream = co_await exchange.upgrade(std::move(fields));
    stream->writeSome("hello", 5);
    for (;;) {
      char bytes[4096];
      ssize_t size = stream->readSome(bytes, sizeof bytes);
      if (size == http::ByteStream::kAgain) {
        Completion<bool> readable;
        stream->whenReadable([readable]() mutable { readable.complete(true); });
        co_await readable;
        continue;
      }
      if (size <= 0) break;
      stream->writeSome(bytes, static_cast<size_t>(size));
    }
    stream->finish();
  });
  TestClient client(port());
  client.send("POST " + kPod + "/exec?command=sh HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n" +
              "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n\r\n");
  TestResponse head = client.readResponse();
  EXPECT_EQ(head.status, 101);
  EXPECT_EQ(head.headers["upgrade"], "SPDY/3.1");
  EXPECT_EQ(head.headers["x-stream-protocol-version"], "v4.channel.k8s.io");
  EXPECT_EQ(client.receive(), "hello");
  client.send("echo this");
  EXPECT_EQ(client.receive(), "echo this");
  client.shutdownWrite();
  EXPECT_EQ(client.receive(), "");
}

TEST_F(ForwarderTest, NobodySaysForTheServerWhoAsksOrWhatBelongsToAConnection) {
  serveUpstream([](http::Exchange& exchange) -> Task<void> {
    const http::Request& request = exchange.request();
    http::Response response;
    for (size_t i = 0; i < request.headers.count(); ++i)
      response.body.text(std::string(request.headers.at(i).first) + " ");
    response.head.headers.emplace_back("X-Answer", "here");
    response.head.headers.emplace_back("X-Between", "us");
    response.head.headers.emplace_back("Connection", "X-Between");
    co_await exchange.send(std::move(response));
  });
  Answer answer =
      call("GET", kPod + "/proxy/", "",
           {"X-Remote-User: admin", "x-remote-group: system:masters", "X-Remote-Extra-Scope: all", "X-Remote-Uid: 1",
            "Connection: X-Hop, keep-alive", "X-Hop: 1", "Keep-Alive: 5", "TE: trailers", "X-Mine: yes"},
           "admin");
  EXPECT_EQ(answer.body, "Host X-Forwarded-Uri X-Forwarded-Host X-Forwarded-Proto Accept-Encoding X-Mine Connection ");
  EXPECT_EQ(answer.headers["x-answer"], "here");
  EXPECT_EQ(answer.headers.count("x-between"), 0u);
}

// What follows an upgrade that was refused is another request, and its sender's own.
TEST_F(ForwarderTest, ARefusedUpgradeLeavesNoWayToTheOtherSide) {
  std::atomic<int> reached{0};
  serveUpstream([&reached](http::Exchange& exchange) -> Task<void> {
    ++reached;
    http::Response response;
    response.head.status = 403;
    response.head.contentType = "text/plain";
    response.body.text("no");
    co_await exchange.send(std::move(response));
  });
  for (const char* subresource : {"/exec?command=sh", "/proxy/x"}) {
    reached = 0;
    TestClient client(port());
    client.send("GET " + kPod + subresource + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n" +
                "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n" +
                "GET /containerLogs/kube-system/secret/c HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(client.readResponse().status, 403);
    TestResponse second = client.readResponse();
    EXPECT_EQ(second.status, 403);
    EXPECT_NE(second.body.find("system:anonymous"), std::string::npos) << second.body;
    EXPECT_EQ(reached, 1);
  }
}

TEST_F(ForwarderTest, AChangeOfProtocolThatNobodyAskedForIsNoAnswer) {
  serveUpstream([](http::Exchange& exchange) -> Task<void> {
    http::Headers fields;
    fields.add("Upgrade", "websocket");
    co_await exchange.upgrade(std::move(fields));
  });
  EXPECT_EQ(get(kPod + "/proxy/x").status, 502);
  // The words alone are no request for an upgrade either.
  EXPECT_EQ(call("GET", kPod + "/proxy/x", "", {"Upgrade: websocket"}).status, 502);
}

TEST_F(ForwarderTest, TellsTheOtherSidesErrorsAsStatus) {
  serveUpstream([](http::Exchange& exchange) -> Task<void> {
    http::Response response;
    response.head.status = 400;
    response.head.contentType = "text/plain";
    response.body.text("container \"c\" in pod \"p\" is waiting to start: ContainerCreating\n");
    co_await exchange.send(std::move(response));
  });
  Answer log = get(kPod + "/log");
  EXPECT_EQ(log.status, 400);
  EXPECT_EQ(log.at("reason"), "BadRequest");
  EXPECT_EQ(log.at("message"), "container \"c\" in pod \"p\" is waiting to start: ContainerCreating");
  Answer proxied = get(kPod + "/proxy/x");
  EXPECT_EQ(proxied.status, 400);
  EXPECT_EQ(proxied.headers["content-type"], "text/plain");
}

// Whoever is sent elsewhere goes there with their credentials.
TEST_F(ForwarderTest, ANodeSendsNobodyElsewhere) {
  std::string type;
  serveUpstream([&type](http::Exchange& exchange) -> Task<void> {
    http::Response response;
    response.head.status = 302;
    response.head.contentType = type;
    response.head.headers.emplace_back("Location", "https://192.0.2.1/elsewhere");
    co_await exchange.send(std::move(response));
  });
  for (const char* each : {"text/plain", "application/json"}) {
    type = each;
    Answer log = get(kPod + "/log");
    EXPECT_EQ(log.status, 500);
    EXPECT_TRUE(log.at("message").ends_with(": redirects forbidden")) << log.body;
    EXPECT_EQ(log.headers.count("location"), 0u);
    for (const char* subresource : {"/exec?command=sh", "/proxy/x"}) {
      TestClient client(port());
      client.send("GET " + kPod + subresource + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n" +
                  "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      TestResponse answer = client.readResponse();
      EXPECT_EQ(answer.status, 500);
      EXPECT_NE(answer.body.find("invalid upgrade response: status code 302"), std::string::npos) << answer.body;
      EXPECT_EQ(answer.headers.count("location"), 0u);
    }
    // What is asked of a site through a proxy is the site's to answer.
    EXPECT_EQ(get(kPod + "/proxy/x").status, 302);
  }
}

TEST_F(ForwarderTest, LeadsBackThroughTheProxy) {
  serveUpstream([this](http::Exchange& exchange) -> Task<void> {
    http::Response response;
    response.head.status = 302;
    response.head.contentType = "text/html; charset=utf-8";
    response.head.headers.emplace_back("Location",
                                       "https://127.0.0.1:" + std::to_string(upstream_->port()) + "/there?q=1");
    response.body.text("<a class=x href=\"/rewriteme\">there</a>");
    co_await exchange.send(std::move(response));
  });
  Answer answer = get(kPod + "/proxy/x");
  EXPECT_EQ(answer.status, 302);
  EXPECT_EQ(answer.headers["location"], kPod + "/proxy/there?q=1");
  EXPECT_EQ(answer.body, "<a class=x href=\"" + kPod + "/proxy/rewriteme\">there</a>");
}

TEST_F(ForwarderTest, TheRootOfAProxyIsAFolder) {
  serveUpstream([](http::Exchange& exchange) -> Task<void> {
    co_await exchange.readBody();
    http::Response response;
    response.body.text(exchange.request().method);
    co_await exchange.send(std::move(response));
  });
  Answer answer = get(kPod + "/proxy?a=b");
  EXPECT_EQ(answer.status, 301);
  EXPECT_EQ(answer.headers["location"], kPod + "/proxy/?a=b");
  // Who sends something is not sent elsewhere with it.
  EXPECT_EQ(call("POST", kPod + "/proxy", "x").body, "POST");
}

TEST_F(ForwarderTest, ShowsAStrangerNoCertificate) {
  serveUpstream([](http::Exchange& exchange) -> Task<void> {
    http::Response response;
    response.body.text(exchange.peer().certificates.empty() ? "none" : "certificate");
    co_await exchange.send(std::move(response));
  });
  plugins_.strangers = true;
  EXPECT_EQ(get(kPod + "/proxy/").body, "none");
  plugins_.strangers = false;
  EXPECT_EQ(get(kPod + "/proxy/").body, "certificate");
}

TEST_F(ForwarderTest, OutlivesAnOtherSideThatHangsUpWithoutAWord) {
  serveUpstream([](http::Exchange& exchange) -> Task<void> {
    exchange.abort();
    co_return;
  });
  Answer answer = get(kPod + "/log");
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.at("message").find("the connection ended before an answer"), std::string::npos) << answer.body;
  EXPECT_EQ(get(kPod).status, 200);
}

TEST_F(ForwarderTest, SaysWhatCannotBeReached) {
  plugins_.connectUrl = "https://127.0.0.1:1/x";
  Answer answer = get(kPod + "/log");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.at("message"), "error trying to reach 127.0.0.1:1: Connection refused");
  plugins_.connectUrl = "ftp://x/";
  EXPECT_EQ(get(kPod + "/log").status, 500);
}

TEST(ForwardUrlTest, AreTakenApart) {
  auto url = parseForwardUrl("https://[::1]:10250/containerLogs/a?b=c");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 10250);
  EXPECT_EQ(url->target, "/containerLogs/a?b=c");
  auto plain = parseForwardUrl("http://10.0.0.1");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->port, 80);
  EXPECT_EQ(plain->target, "/");
  for (const char* bad : {"", "x", "https://", "https://h:0/", "https://h:99999/", "https://[::1/", "https://h/a b"}) {
    EXPECT_FALSE(parseForwardUrl(bad)) << bad;
  }
}

}  // namespace
}  // namespace cleat::api
