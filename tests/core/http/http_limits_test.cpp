// What a server does with clients that take more than they should: slow ones, many at a time, unknown ones.
#include <gtest/gtest.h>

#include <list>

#include "core/base/asio_executor.h"
#include "core/http/http_server.h"
#include "tests/core/http/signal.h"
#include "tests/core/http/test_tls.h"

namespace cleat::http {
namespace {

using namespace std::chrono_literals;

class HttpLimitsTest : public testing::Test {
 protected:
  HttpLimitsTest() {
    keys_.make("server");
    options_.errorResponse = [](int code) {
      Response response;
      response.head.status = code;
      return response;
    };
  }

  void serve(Handler handler) {
    options_.tls = *TlsContext::server(keys_.cert("server"), keys_.key("server"));
    auto listening = HttpServer::listen(executor_, std::move(options_), std::move(handler));
    ASSERT_TRUE(listening) << listening.error().message;
    server_ = std::move(*listening);
  }

  // Says the body's size; whoever has a token is known.
  static Task<void> sizes(Exchange& exchange) {
    if (exchange.request().headers.has("Authorization")) exchange.setKnown();
    bool whole = co_await exchange.readBody();
    if (!whole) co_return;
    Response response;
    response.body.text(std::to_string(exchange.request().body.size()));
    co_await exchange.send(std::move(response));
  }

  void pass(std::chrono::milliseconds time) {
    auto passed = std::make_shared<Signal>();
    executor_.after(time, [passed] { passed->set(); });
    ASSERT_TRUE(passed->wait());
  }

  TestKeys keys_;
  base::AsioExecutor executor_;
  HttpServerOptions options_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpLimitsTest, AHalfOpenHandshakeIsCutOff) {
  options_.limits.handshake = 50ms;
  serve(sizes);
  TestClient silent(server_->port(), {}, {}, false), begun(server_->port(), {}, {}, false);
  begun.send(std::string("\x16\x03\x01\x02\x00\x01", 6));
  EXPECT_EQ(silent.receive(), "");
  EXPECT_EQ(begun.receive(), "");
}

TEST_F(HttpLimitsTest, AHeadThatTricklesIsCutOff) {
  options_.limits.head = 50ms;
  options_.limits.idle = 1h;
  serve(sizes);
  TestClient client(server_->port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nX-");
  EXPECT_EQ(client.receive(), "");
  TestClient idle(server_->port());  // unknown: the time of a head is all that it has
  EXPECT_EQ(idle.receive(), "");
}

TEST_F(HttpLimitsTest, WhoIsKnownMayBeIdleForLonger) {
  options_.limits.head = 50ms;
  options_.limits.idle = 1h;
  serve(sizes);
  TestClient client(server_->port());
  EXPECT_EQ(client.get("/", {"Authorization: yes"}).status, 200);
  TestClient stranger(server_->port());
  EXPECT_EQ(stranger.get("/").status, 200);
  EXPECT_EQ(stranger.receive(), "");
  EXPECT_EQ(client.get("/").status, 200);
}

TEST_F(HttpLimitsTest, ABodyThatTricklesIsCutOffWithAnAnswer) {
  options_.limits.stall = 100ms;
  serve(sizes);
  TestClient client(server_->port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nx");
  EXPECT_EQ(client.readResponse().status, 408);
  EXPECT_EQ(client.receive(), "");
}

// At less than the rate, but never standing still.
TEST_F(HttpLimitsTest, ABodyMustComeAtTheLeastRate) {
  options_.limits.stall = 200ms;
  options_.limits.bytesPerSecond = 1'000'000;
  serve(sizes);
  TestClient client(server_->port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
  for (int i = 0; i < 30; ++i) {
    client.send("x");
    pass(10ms);
  }
  EXPECT_EQ(client.readResponse().status, 408);
}

TEST_F(HttpLimitsTest, ALargeBodyMayTakeItsTimeWhileItComes) {
  options_.limits.request = 100ms;  // which is for the handler, not for the sender
  options_.limits.stall = 5s;
  options_.limits.bytesPerSecond = 1;
  serve(sizes);
  TestClient client(server_->port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + std::string(100'000, 'x'));
  pass(300ms);
  client.send(std::string(100'000, 'x'));
  EXPECT_EQ(client.readResponse().body, "200000");
}

TEST_F(HttpLimitsTest, WhoReadsTooSlowlyIsCutOff) {
  options_.limits.stall = 100ms;
  Signal whole, stream;
  auto large = std::make_shared<const std::string>(64u << 20, 'x');
  serve([&, large](Exchange& exchange) -> Task<void> {
    bool streams = exchange.request().path() == "/stream";
    bool taken = false;
    if (streams) {
      co_await exchange.begin(ResponseHead());
      Body chunk;
      chunk.share(large);
      taken = co_await exchange.write(std::move(chunk));
    } else {
      Response response;
      response.body.share(large);
      taken = co_await exchange.send(std::move(response));
    }
    EXPECT_FALSE(taken);
    (streams ? stream : whole).set();
  });
  TestClient reads(server_->port()), watches(server_->port());
  reads.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  watches.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(whole.wait());
  EXPECT_TRUE(stream.wait());
}

TEST_F(HttpLimitsTest, AReaderThatMayPauseIsWaitedFor) {
  options_.limits.stall = 50ms;
  options_.limits.request = 50ms;
  auto large = std::make_shared<const std::string>(16u << 20, 'x');
  serve([large](Exchange& exchange) -> Task<void> {
    exchange.setUnhurried();
    co_await exchange.begin(ResponseHead());
    Body chunk;
    chunk.share(large);
    co_await exchange.write(std::move(chunk));
    co_await exchange.end();
  });
  TestClient client(server_->port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  pass(300ms);
  EXPECT_EQ(client.readResponse().body.size(), large->size());
}

TEST_F(HttpLimitsTest, ABodyThatNobodyWantsIsNotRead) {
  serve([](Exchange& exchange) -> Task<void> {
    Response response;
    response.head.status = 403;
    co_await exchange.send(std::move(response));
  });
  TestClient client(server_->port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  TestResponse refused = client.readResponse();
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.headers["connection"], "close");
  // No "100 Continue" comes before it.
  TestClient polite(server_->port());
  polite.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  refused = polite.readResponse();
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.headers["connection"], "close");
  EXPECT_EQ(polite.receive(), "");
  // A little is dropped, and the connection goes on.
  TestClient small(server_->port());
  EXPECT_EQ(small.request("POST", "/", "hello").status, 403);
  small.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(small.readResponse().status, 403);
  small.send("helloGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(small.readResponse().status, 403);
}

TEST_F(HttpLimitsTest, StrangersMakeRoomForEachOtherAndNotInTheRoomOfTheKnown) {
  options_.strangers = {.connections = 4, .connectionsOfOne = 4};
  serve(sizes);
  TestClient known(server_->port());
  EXPECT_EQ(known.get("/", {"Authorization: yes"}).status, 200);
  std::list<TestClient> silent;
  for (int i = 0; i < 40; ++i) silent.emplace_back(server_->port(), "", "", false);
  for (int i = 0; i < 36; ++i) {
    EXPECT_EQ(silent.front().receive(), "");
    silent.pop_front();
  }
  EXPECT_LE(server_->strangerCount(), 4u);
  EXPECT_EQ(known.get("/").status, 200);
  // Whoever comes now is served nevertheless.
  TestClient late(server_->port());
  EXPECT_EQ(late.get("/", {"Authorization: yes"}).status, 200);
  EXPECT_LE(server_->strangerCount(), 3u);
}

TEST_F(HttpLimitsTest, StrangersHaveFewRequestsInHandAndTheKnownAsManyAsTheyLike) {
  options_.strangers.requestsOfOne = 1;
  Completion<bool> mayGoOn;
  Signal begun;
  serve([&, mayGoOn](Exchange& exchange) -> Task<void> {
    if (exchange.request().headers.has("Authorization")) exchange.setKnown();
    if (exchange.request().path() == "/slow") {
      begun.set();
      co_await mayGoOn;
    }
    co_await exchange.send(Response());
  });
  TestClient slow(server_->port()), next(server_->port()), known(server_->port());
  EXPECT_EQ(known.get("/", {"Authorization: yes"}).status, 200);
  slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(begun.wait());
  EXPECT_EQ(next.get("/").status, 429);
  EXPECT_EQ(known.get("/").status, 200);
  mayGoOn.complete(true);
  EXPECT_EQ(slow.readResponse().status, 200);
  TestClient last(server_->port());
  EXPECT_EQ(last.get("/").status, 200);
}

TEST_F(HttpLimitsTest, StrangersHaveLittleMemory) {
  options_.strangers.bytesOfOne = 20'000;
  serve(sizes);
  TestClient stranger(server_->port()), known(server_->port());
  EXPECT_EQ(stranger.request("POST", "/", std::string(10'000, 'x')).body, "10000");
  stranger.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + std::string(60'000, 'x'));
  EXPECT_EQ(stranger.readResponse().status, 429);
  EXPECT_EQ(known.request("POST", "/", std::string(60'000, 'x'), {"Authorization: yes"}).body, "60000");
}

}  // namespace
}  // namespace cleat::http
