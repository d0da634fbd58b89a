// HTTP probes over the network: what the agent sends to a server on this machine, and what it makes of the answer.
#include <cleat/sdk/file.h>
#include <cleat/sdk/kubernetes_version.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <csignal>
#include <optional>
#include <thread>

#include "tests/plugins/agent/server/server_fixture.h"

namespace cleat::agent::test {
namespace {

using namespace std::string_literals;

// Takes one connection for each answer, reads a request and answers it in pieces of the given size.
class OneAnswer {
 public:
  OneAnswer(std::string answer, size_t piece, const Certificate* certificate, int times = 1)
      : answer_(std::move(answer)), piece_(piece), certificate_(certificate), times_(times),
        listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_.get(), 1);
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (int i = 0; i < times_; ++i) serve();
    });
  }
  ~OneAnswer() { thread_.join(); }

  uint16_t port() const { return port_; }
  // What was asked last; after the end.
  const std::string& request() const { return request_; }

 private:
  void serve() {
    Fd connection(accept(listener_.get(), nullptr, nullptr));
    BIO* io = BIO_new_socket(connection.get(), BIO_NOCLOSE);
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    if (certificate_ != nullptr) {
      SSL_CTX_use_certificate(context, certificate_->certificate);
      SSL_CTX_use_PrivateKey(context, certificate_->key);
      io = BIO_push(BIO_new_ssl(context, 0), io);
    }
    request_.clear();
    char byte;
    while (!request_.ends_with("\r\n\r\n") && BIO_read(io, &byte, 1) == 1) request_ += byte;
    for (size_t at = 0; at < answer_.size(); at += piece_) {
      std::string_view part = std::string_view(answer_).substr(at, piece_);
      if (BIO_write(io, part.data(), static_cast<int>(part.size())) <= 0) break;
    }
    if (certificate_ != nullptr) BIO_ssl_shutdown(io);
    BIO_free_all(io);
    SSL_CTX_free(context);
  }

  std::string answer_;
  size_t piece_;
  const Certificate* certificate_;
  int times_;
  Fd listener_;
  uint16_t port_ = 0;
  std::string request_;
  std::thread thread_;
};

class HttpProbe : public ::testing::Test {
 protected:
  HttpProbe() {
    std::signal(SIGPIPE, SIG_IGN);
    node_.startAgent();
  }

  // Empty when the readiness probe passed, else why not.
  std::string probe(uint16_t port, bool tls, const std::string& path = "/ready?now", const std::string& asked = "yes") {
    std::string name = concat("web", ++pods_);
    Draft<Pod> pod = podNamed(name);
    auto probe = pod->getSpec().getContainers()[0].initReadinessProbe();
    auto get = probe.initHttpGet();
    get.setHost(host_);
    get.initPort().setIntVal(port);
    get.setPath(path);
    if (tls) get.setScheme("HTTPS");
    auto headers = get.initHttpHeaders(2);
    headers[0].setName("X-Asked");
    headers[0].setValue(asked);
    headers[1].setName("Connection");
    headers[1].setValue("keep-alive");
    probe.setPeriodSeconds(1000);
    probe.setTimeoutSeconds(10);
    probe.setSuccessThreshold(1);
    probe.setFailureThreshold(1);
    node_.put(std::move(pod));
    node_.advance(2s);
    while (true) {
      node_.settle();
      if (node_.condition(name, "Ready") == "True") return {};
      for (const auto& event : node_.host().list<core_v1::Event>()) {
        constexpr std::string_view kFailed = "Readiness probe failed: ";
        if (view(event->getInvolvedObject().getName()) != name || !view(event->getMessage()).starts_with(kFailed))
          continue;
        return str(event->getMessage()).substr(kFailed.size());
      }
      std::this_thread::yield();
    }
  }

  NodeFixture node_;
  std::string host_ = "127.0.0.1";
  int pods_ = 0;
};

TEST_F(HttpProbe, AsksAsTheKubeletDoes) {
  uint16_t port = 0;
  std::string request;
  {
    OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1000, nullptr);
    port = server.port();
    EXPECT_EQ(probe(port, false), "");
    request = server.request();
  }
  EXPECT_EQ(request, concat("GET /ready?now HTTP/1.1\r\nX-Asked: yes\r\nUser-Agent: kube-probe/", kKubernetesRelease,
                            "\r\nAccept: */*\r\n"
                            "Host: 127.0.0.1:",
                            port, "\r\nConnection: close\r\n\r\n"));
}

TEST_F(HttpProbe, JudgesWhatAServerAnswers) {
  struct Case {
    const char* what;
    std::string answer;
    std::string failure;  // a part of it; empty: the probe passes
  };
  const Case cases[] = {
      {"a body in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n", ""},
      {"a body up to the end", "HTTP/1.1 200 OK\r\n\r\nyes", ""},
      {"no body", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", ""},
      {"a body that breaks off", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nyes", ""},
      {"a body that goes on", "HTTP/1.1 200 OK\r\n\r\n" + std::string(50'000, 'a'), ""},
      {"a body that nobody could hold", "HTTP/1.1 200 OK\r\nContent-Length: 4611686018427387000\r\n\r\nyes", ""},
      {"a failure", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
       "HTTP probe failed with statuscode: 503"},
      {"nothing", "", "EOF"},
      {"half a head", "HTTP/1.1 200 OK\r\nContent-", "partial message"},
      {"something else", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "bad version"},
      {"a head that does not end", "HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'a'), "limit"},
  };
  Certificate certificate("web", "web");
  for (const Certificate* tls : {static_cast<const Certificate*>(nullptr), &std::as_const(certificate)}) {
    for (const Case& each : cases) {
      for (size_t piece : {1uz, 100'000uz}) {
        if (piece == 1 && each.answer.size() > 1000) continue;
        OneAnswer server(each.answer, piece, tls);
        std::string failure = probe(server.port(), tls != nullptr);
        EXPECT_EQ(failure.empty(), each.failure.empty()) << each.what << ": " << failure;
        EXPECT_NE(failure.find(each.failure), std::string::npos) << each.what << ": " << failure;
      }
    }
  }
}

TEST_F(HttpProbe, NeitherPathNorHeaderBeginsALineOfItsOwn) {
  std::string request;
  {
    OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1000, nullptr);
    EXPECT_EQ(probe(server.port(), false, "/a b\r\nX-Mine: 1\u00e9/%41"), "");
    request = server.request();
  }
  EXPECT_TRUE(request.starts_with("GET /a%20b%0D%0AX-Mine:%201%C3%A9/%41 HTTP/1.1\r\n")) << request;
  EXPECT_EQ(probe(1, false, "/", "yes\r\nX-Mine: 1"),
            "Get \"http://127.0.0.1:1/\": net/http: invalid header field value for \"X-Asked\"");
}

TEST_F(HttpProbe, FollowsARedirectOnTheSameHostAndWarnsOfAnyOther) {
  OneAnswer target("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1000, nullptr);
  {
    OneAnswer server(concat("HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:",
                            target.port(), "/there\r\n\r\n"),
                     1000, nullptr);
    EXPECT_EQ(probe(server.port(), false), "");
  }
  EXPECT_FALSE(node_.hasEvent("ProbeWarning", ""));
  OneAnswer elsewhere("HTTP/1.1 302 Found\r\nContent-Length: 4\r\nLocation: http://192.0.2.1/\r\n\r\ngone", 1000,
                      nullptr);
  EXPECT_EQ(probe(elsewhere.port(), false), "");
  EXPECT_TRUE(
      node_.hasEvent("ProbeWarning", "Readiness probe warning: Probe terminated redirects, Response body: gone"));
}

TEST_F(HttpProbe, ARedirectThatEndsNowhereIsAFailure) {
  OneAnswer server("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /again\r\n\r\n", 1000, nullptr, 10);
  EXPECT_EQ(probe(server.port(), false),
            concat("Get \"http://127.0.0.1:", server.port(), "/again\": stopped after 10 redirects"));
  OneAnswer broken("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: gopher://127.0.0.1/\r\n\r\n", 1000, nullptr);
  EXPECT_EQ(probe(broken.port(), false), concat("Get \"http://127.0.0.1:", broken.port(),
                                                "/ready?now\": failed to parse Location header "
                                                "\"gopher://127.0.0.1/\""));
}

TEST_F(HttpProbe, SaysWhenNobodyListens) {
  uint16_t nobody = freePort();
  EXPECT_EQ(probe(nobody, false), concat("Get \"http://127.0.0.1:", nobody, "/ready?now\": dial tcp 127.0.0.1:", nobody,
                                         ": connect: connection refused"));
  host_ = "::1";
  EXPECT_EQ(probe(nobody, false), concat("Get \"http://[::1]:", nobody, "/ready?now\": dial tcp [::1]:", nobody,
                                         ": connect: connection refused"));
}

}  // namespace
}  // namespace cleat::agent::test
