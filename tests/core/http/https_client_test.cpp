#include "core/http/https_client.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <csignal>
#include <functional>
#include <future>
#include <thread>

#include "core/base/asio_executor.h"
#include "core/http/https_url.h"
#include "tests/core/http/test_certificates.h"

namespace cleat::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast::http;
using TlsSocket = asio::ssl::stream<asio::ip::tcp::socket>;
using test::Certificates;

// Accepts one connection after another; `serve` talks on each until it returns, which closes it.
class Server {
 public:
  using Serve = std::function<void(TlsSocket&)>;

  explicit Server(Serve serve) : tls_(asio::ssl::context::tls_server), serve_(std::move(serve)) {
    const Certificates& pki = Certificates::get();
    tls_.use_certificate_chain(asio::buffer(pki.server));
    tls_.use_private_key(asio::buffer(pki.serverKey), asio::ssl::context::pem);
    tls_.add_certificate_authority(asio::buffer(pki.ca));
    tls_.set_verify_mode(asio::ssl::verify_peer);
    thread_ = std::thread([this] { run(); });
  }
  ~Server() {
    stopping_ = true;
    asio::io_context context;
    asio::ip::tcp::socket wake(context);
    boost::system::error_code ignored;
    wake.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }

  std::string url() const { return "https://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
  int connections() const { return connections_; }

 private:
  void run() {
    while (!stopping_) {
      boost::system::error_code error;
      TlsSocket socket(acceptor_.accept(), tls_);
      if (stopping_) return;
      socket.handshake(asio::ssl::stream_base::server, error);
      if (error) continue;
      ++connections_;
      try {
        serve_(socket);
      } catch (const boost::system::system_error&) {
      }
    }
  }

  asio::io_context context_;
  asio::ssl::context tls_;
  asio::ip::tcp::acceptor acceptor_{context_, {asio::ip::make_address("127.0.0.1"), 0}};
  Serve serve_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::thread thread_;
};

using AskedRequest = beast::request<beast::string_body>;

AskedRequest read(TlsSocket& socket) {
  boost::beast::flat_buffer buffer;
  AskedRequest request;
  beast::read(socket, buffer, request);
  return request;
}

void write(TlsSocket& socket, std::string_view bytes) { asio::write(socket, asio::buffer(bytes)); }

std::string plain(const std::string& body, const std::string& extra = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + extra + "\r\n" + body;
}

// Answers every request with what was asked, `times` on each connection.
Server::Serve echo(int times = 1000) {
  return [times](TlsSocket& socket) {
    for (int i = 0; i < times; ++i) {
      AskedRequest request = read(socket);
      std::string certificate = SSL_get0_peer_certificate(socket.native_handle()) != nullptr ? "certificate" : "none";
      write(socket,
            plain(std::string(request.method_string()) + " " + std::string(request.target()) + " " +
                  std::string(request[beast::field::authorization]) + " " + certificate + " " + request.body()));
    }
  };
}

struct HttpsClientTest : ::testing::Test {
  HttpsClientTest() { std::signal(SIGPIPE, SIG_IGN); }  // as the program does

  base::AsioExecutor executor;

  std::shared_ptr<HttpsClient> client(const std::string& url, ClientCredentials credentials = {}) {
    auto made = makeHttpsClient(executor, {.url = url, .caPem = Certificates::get().ca, .credentials = credentials});
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }

  Result<ClientResponse> send(HttpClient& client, ClientRequest request) {
    std::promise<Result<ClientResponse>> promise;
    auto answer = promise.get_future();
    spawn(client.send(std::move(request)),
          [&](Result<ClientResponse> result) { promise.set_value(std::move(result)); });
    return answer.get();
  }
};

TEST_F(HttpsClientTest, SendsARequestAndGetsTheResponse) {
  Server server(echo());
  auto one = client(server.url() + "/base/");
  ClientRequest request{.method = "PUT", .target = "/a?b=c", .body = "hello"};
  auto response = send(*one, request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->head.status, 200);
  EXPECT_EQ(response->head.headers.get("content-length"), "27");
  EXPECT_EQ(response->body, "PUT /base/a?b=c  none hello");
}

TEST_F(HttpsClientTest, MuchGoesBothWaysWhole) {
  Server server(echo());
  std::string body;
  for (int i = 0; body.size() < 900'000; ++i) body += std::to_string(i) + " ";
  auto response = send(*client(server.url()), {.method = "POST", .body = body});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_TRUE(response->body == "POST /  none " + body);
}

TEST_F(HttpsClientTest, ShowsItsCredentialsAndTakesNewOnes) {
  Server server(echo());
  auto one = client(server.url(), {.bearerToken = "secret"});
  EXPECT_EQ(send(*one, {})->body, "GET / Bearer secret none ");
  const Certificates& pki = Certificates::get();
  ASSERT_TRUE(one->setCredentials({.certificatePem = pki.client, .keyPem = pki.clientKey}));
  EXPECT_EQ(send(*one, {})->body, "GET /  certificate ");
  EXPECT_EQ(server.connections(), 2);
  auto wrong = one->setCredentials({.certificatePem = pki.client, .keyPem = "nonsense"});
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("the client key cannot be used"), std::string::npos) << wrong.error().message;
}

TEST_F(HttpsClientTest, UsesAConnectionAgain) {
  Server server(echo());
  auto one = client(server.url());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(send(*one, {}));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpsClientTest, AConnectionThatTheServerHasClosedIsReplaced) {
  Server server(echo(2));
  auto one = client(server.url());
  for (int i = 0; i < 6; ++i) {
    auto response = send(*one, {});
    ASSERT_TRUE(response) << response.error().message;
  }
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(HttpsClientTest, RefusesAServerThatAnotherAuthorityHasSigned) {
  Server server(echo());
  auto made = makeHttpsClient(executor, {.url = server.url(), .caPem = Certificates::get().otherCa});
  auto response = send(**made, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, 503);
  EXPECT_NE(response.error().message.find("certificate verify failed"), std::string::npos) << response.error().message;
}

TEST_F(HttpsClientTest, RefusesACertificateForAnotherAddress) {
  Server server(echo());
  std::string url = server.url();
  url.replace(url.find("127.0.0.1"), 9, "localhost");
  auto response = send(*client(url), {});
  ASSERT_FALSE(response);
  EXPECT_NE(response.error().message.find("certificate verify failed"), std::string::npos) << response.error().message;
}

TEST_F(HttpsClientTest, SaysWhenTheServerCannotBeReached) {
  std::string url = std::make_unique<Server>(echo())->url();
  auto response = send(*client(url), {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message, "connecting to " + url + ": Connection refused");
}

TEST_F(HttpsClientTest, ASilentServerIsATimeout) {
  std::promise<void> over;
  Server server([&](TlsSocket& socket) {
    read(socket);
    over.get_future().wait();
  });
  auto response = send(*client(server.url()), {.timeout = std::chrono::milliseconds(50)});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, 504);
  over.set_value();
}

TEST_F(HttpsClientTest, AResponseThatBreaksOffIsAFailure) {
  Server server([](TlsSocket& socket) {
    read(socket);
    write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  auto response = send(*client(server.url()), {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, 503);
}

TEST_F(HttpsClientTest, AHeadThatDoesNotEndIsAFailure) {
  Server server([](TlsSocket& socket) {
    read(socket);
    write(socket, "HTTP/1.1 200 OK\r\nA: " + std::string(1 << 20, 'a'));
  });
  auto response = send(*client(server.url()), {});
  ASSERT_FALSE(response);
  EXPECT_NE(response.error().message.find("header limit exceeded"), std::string::npos) << response.error().message;
}

// Hands on what it receives to the test's thread.
class Listener final : public ResponseReceiver {
 public:
  void onHead(ClientHead head) override { head_.set_value(head.status); }
  void onBody(std::string_view piece) override {
    std::lock_guard lock(mutex_);
    text_ += piece;
    changed_.notify_all();
  }
  void onEnd(std::optional<Status> failure) override { end_.set_value(failure ? failure->message : "complete"); }

  int status() { return head_.get_future().get(); }
  std::string end() { return end_.get_future().get(); }
  bool waitFor(const std::string& text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return text_ == text; });
  }

 private:
  std::promise<int> head_;
  std::promise<std::string> end_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
};

TEST_F(HttpsClientTest, AnEndlessResponseIsTakenAsItArrives) {
  std::promise<void> first, second;
  Server server([&](TlsSocket& socket) {
    read(socket);
    write(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n");
    first.get_future().wait();
    write(socket, "4\r\ntwo\n\r\n");
    second.get_future().wait();
    write(socket, "0\r\n\r\n");
    read(socket);
  });
  auto one = client(server.url());
  auto listener = std::make_shared<Listener>();
  one->start({.endless = true}, listener);
  EXPECT_EQ(listener->status(), 200);
  EXPECT_TRUE(listener->waitFor("one\n"));
  first.set_value();
  EXPECT_TRUE(listener->waitFor("one\ntwo\n"));
  second.set_value();
  EXPECT_EQ(listener->end(), "complete");
}

TEST_F(HttpsClientTest, ACancelledExchangeEnds) {
  Server server([&](TlsSocket& socket) {
    read(socket);
    write(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n");
    read(socket);  // until the client has gone
  });
  auto one = client(server.url());
  auto listener = std::make_shared<Listener>();
  auto exchange = one->start({.endless = true}, listener);
  EXPECT_TRUE(listener->waitFor("one\n"));
  exchange->cancel();
  EXPECT_EQ(listener->end(), "the request to " + server.url() + " was cancelled");
}

TEST(HttpsUrl, HasAHostAndPerhapsAPortAndAPath) {
  auto url = HttpsUrl::parse("https://example.com");
  EXPECT_EQ(url->host + " " + url->port + " " + url->path, "example.com 443 ");
  url = HttpsUrl::parse("https://192.0.2.1:6443/a/b/");
  EXPECT_EQ(url->host + " " + url->port + " " + url->path + " " + url->authority, "192.0.2.1 6443 /a/b 192.0.2.1:6443");
  url = HttpsUrl::parse("https://[2001:db8::1]:6443");
  EXPECT_EQ(url->host + " " + url->port + " " + url->authority, "2001:db8::1 6443 [2001:db8::1]:6443");
  for (const char* wrong : {"http://a", "https://", "https://a:0", "https://a:70000", "https://a:x", "https://[::1",
                            "https://a?b", "https://user@a", "a:6443", "https://[::1]x"}) {
    EXPECT_FALSE(HttpsUrl::parse(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace cleat::http
