#include "core/http/http_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <list>

#include "core/base/asio_executor.h"
#include "core/base/on_strand.h"
#include "tests/core/http/signal.h"
#include "tests/core/http/test_tls.h"

namespace cleat::http {
namespace {

using namespace std::chrono_literals;

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    keys_.make("server");
    keys_.make("alice");
  }

  void serve(Handler handler, HttpServerOptions options = {}) {
    options.errorResponse = [](int code) {
      Response response;
      response.head.status = code;
      response.body.own("error " + std::to_string(code));
      return response;
    };
    options.tls = *TlsContext::server(keys_.cert("server"), keys_.key("server"));
    auto listening = HttpServer::listen(executor_, std::move(options), std::move(handler));
    ASSERT_TRUE(listening) << listening.error().message;
    server_ = std::move(*listening);
  }

  static Handler echo() {
    return [](Exchange& exchange) -> Task<void> {
      bool whole = co_await exchange.readBody();
      if (!whole) co_return;
      Response response;
      response.head.contentType = "text/plain";
      const Request& request = exchange.request();
      response.body.text(request.method + " " + std::string(request.path()) + " [" + std::string(request.query()) +
                         "] " + request.body);
      co_await exchange.send(std::move(response));
    };
  }

  TestKeys keys_;
  base::AsioExecutor executor_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersManyRequestsOnOneConnection) {
  serve(echo());
  TestClient client(server_->port());
  for (int i = 0; i < 100; ++i) {
    TestResponse response = client.request("POST", "/a/b?x=" + std::to_string(i), "body");
    ASSERT_EQ(response.status, 200);
    ASSERT_EQ(response.body, "POST /a/b [x=" + std::to_string(i) + "] body");
  }
  EXPECT_EQ(server_->connectionCount(), 1u);
}

TEST_F(HttpServerTest, TakesPipelinedRequestsInOrder) {
  serve(echo());
  TestClient client(server_->port());
  client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.readResponse().body, "GET /1 [] ");
  EXPECT_EQ(client.readResponse().body, "GET /2 [] ");
}

TEST_F(HttpServerTest, AClientThatSendsWithoutEndDoesNotKeepAThreadToItself) {
  base::AsioExecutor executor({.threads = 1});
  constexpr int kRequests = 300;
  std::atomic<int> served{0}, servedBeforeOthers{-1};
  HttpServerOptions options;
  options.tls = *TlsContext::server(keys_.cert("server"), keys_.key("server"));
  options.errorResponse = [](int) { return Response(); };
  auto server = HttpServer::listen(executor, std::move(options), [&](Exchange& exchange) -> Task<void> {
    if (++served == 1) executor.post([&] { servedBeforeOthers = served.load(); });
    co_await exchange.send(Response());
  });
  ASSERT_TRUE(server);
  TestClient client((*server)->port());
  std::string requests;
  for (int i = 0; i < kRequests; ++i) requests += "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_LT(requests.size(), 16384u);  // one TLS record: all are there at once
  client.send(requests);
  for (int i = 0; i < kRequests; ++i) EXPECT_EQ(client.readResponse().status, 200);
  EXPECT_GT(servedBeforeOthers, 0);
  EXPECT_LT(servedBeforeOthers, kRequests / 4);
}

TEST_F(HttpServerTest, TakesAChunkedBodyThatArrivesInPieces) {
  serve(echo());
  TestClient client(server_->port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab");
  client.send("c\r\n2\r\nde\r\n0\r\n");
  client.send("\r\n");
  EXPECT_EQ(client.readResponse().body, "POST / [] abcde");
}

TEST_F(HttpServerTest, TellsAClientThatAsksToGoOnWithItsBody) {
  serve(echo());
  TestClient client(server_->port());
  client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.readResponse().status, 100);
  client.send("ok");
  EXPECT_EQ(client.readResponse().body, "PUT / [] ok");
}

TEST_F(HttpServerTest, ShowsTheClientsCertificateToTheHandler) {
  serve([](Exchange& exchange) -> Task<void> {
    Response response;
    response.body.text(std::to_string(exchange.peer().certificates.size()));
    for (const auto& der : exchange.peer().certificates) {
      response.body.text(der.find("alice") != std::string::npos ? " alice" : " ?");
    }
    co_await exchange.send(std::move(response));
  });
  EXPECT_EQ(TestClient(server_->port()).get("/").body, "0");
  EXPECT_EQ(TestClient(server_->port(), keys_.cert("alice"), keys_.key("alice")).get("/").body, "1 alice");
}

TEST_F(HttpServerTest, WritesALargeAnswerOfManyPiecesWhole) {
  auto large = std::make_shared<const std::string>(3'000'000, 'x');
  serve([large](Exchange& exchange) -> Task<void> {
    Response response;
    for (int i = 0; i < 10; ++i) {
      response.body.text("<" + std::to_string(i) + ">");
      response.body.share(large);
    }
    co_await exchange.send(std::move(response));
  });
  TestClient client(server_->port());
  std::string expected;
  for (int i = 0; i < 10; ++i) expected += "<" + std::to_string(i) + ">" + *large;
  EXPECT_TRUE(client.get("/").body == expected);
}

TEST_F(HttpServerTest, StreamsChunksAndKeepsTheConnection) {
  serve([](Exchange& exchange) -> Task<void> {
    co_await exchange.begin(ResponseHead());
    for (int i = 0; i < 50'000; ++i) {
      Body line;
      line.text("line " + std::to_string(i) + "\n");
      bool taken = co_await exchange.write(std::move(line));
      if (!taken) co_return;
    }
    co_await exchange.end();
  });
  TestClient client(server_->port());
  for (int round = 0; round < 2; ++round) {
    TestResponse response = client.get("/");
    EXPECT_EQ(response.headers["transfer-encoding"], "chunked");
    EXPECT_EQ(std::count(response.body.begin(), response.body.end(), '\n'), 50'000);
    EXPECT_TRUE(response.body.ends_with("line 49999\n"));
  }
}

TEST_F(HttpServerTest, NoticesAtOnceThatTheClientOfAStreamHasGone) {
  Signal gone;
  serve([&gone](Exchange& exchange) -> Task<void> {
    co_await exchange.begin(ResponseHead());
    Body first("hello");
    co_await exchange.write(std::move(first));
    Completion<bool> closed;
    exchange.onClosed([closed]() mutable { closed.complete(true); });
    co_await closed;
    gone.set();
  });
  {
    TestClient client(server_->port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    client.readHead();
    EXPECT_EQ(client.readChunk(), "hello");
  }
  EXPECT_TRUE(gone.wait());
}

TEST_F(HttpServerTest, GoesOnWhereTheHandlerWasResumedElsewhere) {
  serve([this](Exchange& exchange) -> Task<void> {
    Completion<int> elsewhere;
    executor_.postBlocking([elsewhere]() mutable { elsewhere.complete(7); });
    int value = co_await elsewhere;
    co_await base::goTo(*exchange.strand());
    Response response;
    response.body.text(std::to_string(value) + (exchange.strand()->runsHere() ? " on the strand" : ""));
    co_await exchange.send(std::move(response));
  });
  EXPECT_EQ(TestClient(server_->port()).get("/").body, "7 on the strand");
}

TEST_F(HttpServerTest, RefusesWhatIsTooLargeOrMalformed) {
  HttpServerOptions options;
  options.limits.message.bodyBytes = 1000;
  options.limits.message.headBytes = 2000;
  serve(echo(), std::move(options));
  EXPECT_EQ(TestClient(server_->port()).request("POST", "/", std::string(2000, 'x')).status, 413);
  EXPECT_EQ(TestClient(server_->port()).get("/", {"X: " + std::string(3000, 'x')}).status, 431);
  TestClient garbled(server_->port());
  garbled.send("this is no request\r\n\r\n");
  EXPECT_EQ(garbled.readResponse().status, 400);
  EXPECT_EQ(garbled.receive(), "");
  TestClient smuggler(server_->port());
  smuggler.send("POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_EQ(smuggler.readResponse().status, 400);
}

TEST_F(HttpServerTest, AnswersForAHandlerThatFailsOrForgets) {
  serve([](Exchange& exchange) -> Task<void> {
    if (exchange.request().path() == "/throws") throw std::runtime_error("oops");
    co_return;
  });
  TestClient client(server_->port());
  EXPECT_EQ(client.get("/throws").status, 500);
  EXPECT_EQ(client.get("/forgets").status, 500);
}

TEST_F(HttpServerTest, AnswersForARequestThatTakesTooLong) {
  HttpServerOptions options;
  options.limits.request = 50ms;
  Completion<bool> never;
  Signal ended;
  serve(
      [never, &ended](Exchange& exchange) -> Task<void> {
        co_await never;
        co_await base::goTo(*exchange.strand());
        bool sent = co_await exchange.send(Response());
        EXPECT_FALSE(sent);
        ended.set();
      },
      std::move(options));
  TestClient client(server_->port());
  EXPECT_EQ(client.get("/").status, 504);
  never.complete(true);
  EXPECT_TRUE(ended.wait());
}

TEST_F(HttpServerTest, CutsOffAConnectionThatIsIdleTooLong) {
  HttpServerOptions options;
  options.limits.idle = 50ms;
  serve(echo(), std::move(options));
  TestClient client(server_->port());
  EXPECT_EQ(client.get("/").status, 200);
  EXPECT_EQ(client.receive(), "");
}

TEST_F(HttpServerTest, HandsTheStreamOverForAnUpgrade) {
  serve([](Exchange& exchange) -> Task<void> {
    Headers fields;
    fields.add("Upgrade", "echo");
    std::shared_ptr<ByteStream> stream = co_await exchange.upgrade(std::move(fields));
    char bytes[100];
    ssize_t size;
    while ((size = stream->readSome(bytes, sizeof bytes)) == ByteStream::kAgain) {
      Completion<bool> readable;
      stream->whenReadable([readable]() mutable { readable.complete(true); });
      co_await readable;
    }
    stream->writeSome(bytes, static_cast<size_t>(size));
    stream->finish();
  });
  TestClient client(server_->port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  TestResponse head = client.readHead();
  EXPECT_EQ(head.status, 101);
  EXPECT_EQ(head.headers["upgrade"], "echo");
  client.send("raw bytes");
  EXPECT_EQ(client.receive(), "raw bytes");
  EXPECT_EQ(client.receive(), "");
  // What came together with the request is a part of the stream.
  TestClient hasty(server_->port());
  hasty.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nraw bytes");
  EXPECT_EQ(hasty.readHead().status, 101);
  EXPECT_EQ(hasty.receive(), "raw bytes");
}

TEST_F(HttpServerTest, TellsAPlainClientThatThisIsTls) {
  serve(echo());
  TestClient plain(server_->port(), {}, {}, false);
  plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(plain.receive().find("Client sent an HTTP request to an HTTPS server."), std::string::npos);
}

TEST_F(HttpServerTest, NamesTheAddressThatIsTaken) {
  serve(echo());
  HttpServerOptions options;
  options.port = server_->port();
  auto second = HttpServer::listen(executor_, std::move(options), echo());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "cannot listen on 127.0.0.1:" + std::to_string(server_->port()) + ": the port is taken by another process");
}

TEST_F(HttpServerTest, FinishesRequestsAndEndsStreamsWhenItStops) {
  Signal begun, streaming;
  Completion<bool> mayGoOn;
  serve([&, mayGoOn](Exchange& exchange) -> Task<void> {
    if (exchange.request().path() == "/stream") {
      co_await exchange.begin(ResponseHead());
      Completion<bool> closed;
      exchange.onClosed([closed]() mutable { closed.complete(true); });
      streaming.set();
      co_await closed;
      co_await exchange.end();
      co_return;
    }
    begun.set();
    co_await mayGoOn;
    co_await base::goTo(*exchange.strand());
    Response response;
    response.body.text("done");
    co_await exchange.send(std::move(response));
  });
  TestClient idle(server_->port()), slow(server_->port()), stream(server_->port());
  slow.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  stream.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(begun.wait());
  ASSERT_TRUE(streaming.wait());
  executor_.after(20ms, [mayGoOn]() mutable { mayGoOn.complete(true); });
  server_->stop(5s);
  EXPECT_EQ(server_->connectionCount(), 0u);
  EXPECT_EQ(stream.readResponse().body, "");
  TestResponse last = slow.readResponse();
  EXPECT_EQ(last.body, "done");
  EXPECT_EQ(last.headers["connection"], "close");
  EXPECT_EQ(idle.receive(), "");
}

// Something that a connection holds until it is freed.
struct Held {
  explicit Held(std::atomic<int>& count) : count(count) { ++count; }
  ~Held() { --count; }
  Held(const Held&) = delete;
  std::atomic<int>& count;
};

TEST_F(HttpServerTest, HasFreedEveryConnectionWhenItHasStopped) {
  std::atomic<int> held{0};
  serve([&held](Exchange& exchange) -> Task<void> {
    exchange.peer().remembered = std::make_shared<Held>(held);
    co_await exchange.begin(ResponseHead());
    Body first("hello");
    co_await exchange.write(std::move(first));
    if (exchange.request().path() == "/endless") {
      Completion<bool> closed;
      exchange.onClosed([closed]() mutable { closed.complete(true); });
      co_await closed;
    }
    co_await exchange.end();
  });
  std::list<TestClient> clients;
  for (int i = 0; i < 20; ++i) {
    TestClient& client = clients.emplace_back(server_->port());
    client.send("GET " + std::string(i % 2 ? "/endless" : "/") + " HTTP/1.1\r\nHost: x\r\n\r\n");
    client.readHead();
    EXPECT_EQ(client.readChunk(), "hello");
  }
  EXPECT_EQ(held, 20);
  server_->stop(5s);
  EXPECT_EQ(held, 0);
}

TEST_F(HttpServerTest, WaitsWithNewConnectionsWhenThereAreEnough) {
  HttpServerOptions options;
  options.maxConnections = 1;
  serve(
      [](Exchange& exchange) -> Task<void> {
        exchange.setKnown();
        co_await exchange.send(Response());
      },
      std::move(options));
  auto first = std::make_unique<TestClient>(server_->port());
  EXPECT_EQ(first->get("/").status, 200);
  executor_.after(20ms, [&] { first.reset(); });
  TestClient second(server_->port());
  EXPECT_EQ(second.get("/").status, 200);
}

TEST_F(HttpServerTest, AnswersAHeadWithoutTheBody) {
  serve(echo());
  TestClient client(server_->port());
  TestResponse response = client.request("HEAD", "/");
  EXPECT_EQ(response.headers["content-length"], "10");
  EXPECT_EQ(client.get("/").body, "GET / [] ");
}

TEST(HttpServerOptionsTest, AMissingCertificateIsNamed) {
  auto context = TlsContext::server("/nowhere/tls.crt", "/nowhere/tls.key");
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().message, "cannot read the certificate /nowhere/tls.crt: No such file or directory");
}

}  // namespace
}  // namespace cleat::http
