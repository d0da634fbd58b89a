// What a load balancer hears that asks a node for pods of a service, over real connections.
#include "plugins/proxy-common/health_checks.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <list>

#include "plugins/proxy-common/service_sync.h"
#include "tests/plugins/proxy-common/service_objects.h"

namespace cleat::proxy {
namespace {

using namespace test;
using namespace std::chrono_literals;

Fd connected(uint16_t port) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  return connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 ? std::move(fd) : Fd();
}

// The whole answer, or "refused".
std::string ask(uint16_t port, std::string_view request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n") {
  Fd fd = connected(port);
  if (!fd) return "refused";
  (void)!send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
  std::string answer(4096, '\0');
  size_t have = 0;
  while (true) {
    const ssize_t count = recv(fd.get(), answer.data() + have, answer.size() - have, 0);
    if (count <= 0) break;
    have += static_cast<size_t>(count);
  }
  answer.resize(have);
  return answer;
}

// Of this process alone, however many tests run at the same time, and none that the kernel gives to somebody.
uint16_t ownPort() { return static_cast<uint16_t>(20'000 + getpid() % 12'000); }

class FollowingPlugin : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override { return sync_.start(); }

 private:
  ServiceSync sync_{context(), 100ms, [](Family, const std::vector<ServicePort>&) { return Result<void>(); }};
};

class HealthChecksTest : public testing::Test {
 protected:
  HealthChecksTest() {
    host.nodeName() = "here";
    host.know<Service>();
    host.know<EndpointSlice>();
    host.know<core_v1::Node>();
  }
  void service(const std::string& policy) {
    auto made = makeService("web", "10.96.0.7", {{"", 80, 30080}}, "LoadBalancer");
    made->getSpec().setExternalTrafficPolicy(policy);
    made->getSpec().setHealthCheckNodePort(port);
    host.put(std::move(made));
  }
  void endpoints(const std::vector<EndpointOf>& all) {
    host.put(makeSlice("web", "web-1", {{"", 8080}}, all));
    host.advance(1s);
  }
  cleat::test::FakeHost host;
  const uint16_t port = ownPort();
};

TEST_F(HealthChecksTest, ANodeWithReadyPodsOfItsOwnSaysHowMany) {
  service("Local");
  endpoints({{"10.0.0.1", "here", true},
             {"10.0.0.2", "here", true},
             {"10.0.0.3", "other", true},
             {"10.0.0.4", "here", false}});
  auto plugin = host.start<FollowingPlugin>();
  EXPECT_EQ(
      ask(port),
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
      "X-Load-Balancing-Endpoint-Weight: 2\r\nContent-Length: 114\r\nConnection: close\r\n\r\n"
      "{\n\t\"service\": {\n\t\t\"namespace\": \"default\",\n\t\t\"name\": \"web\"\n\t},\n\t\"localEndpoints\": 2,\n"
      "\t\"serviceProxyHealthy\": true\n}");
  endpoints({{"10.0.0.3", "other", true}, leavingEndpoint("10.0.0.1", "here")});
  EXPECT_TRUE(ask(port).starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_NE(ask(port).find("\"localEndpoints\": 0"), std::string::npos);
  host.remove<Service>("default", "web");
  host.advance(1s);
  // Those who answer have a thread of their own, which hears of it a moment later.
  std::string answer = ask(port);
  for (int i = 0; i < 10'000 && answer != "refused"; ++i) answer = ask(port);
  EXPECT_EQ(answer, "refused");
}

TEST_F(HealthChecksTest, NobodyIsToldWhereAllNodesTakeConnections) {
  service("Cluster");
  endpoints({{"10.0.0.1", "here", true}});
  auto plugin = host.start<FollowingPlugin>();
  EXPECT_EQ(ask(port), "refused");
}

TEST_F(HealthChecksTest, APortThatSomebodyElseHasIsToldOfOnceAndTakenLater) {
  Fd other(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(port);
  ASSERT_EQ(bind(other.get(), reinterpret_cast<sockaddr*>(&here), sizeof here), 0);
  ASSERT_EQ(listen(other.get(), 1), 0);
  service("Local");
  endpoints({{"10.0.0.1", "here", true}});
  auto plugin = host.start<FollowingPlugin>();
  endpoints({{"10.0.0.2", "here", true}});
  size_t told = 0;
  for (const std::string& line : host.logLines())
    told += line.find("has pods here: Address already in use") != std::string::npos;
  EXPECT_EQ(told, 1u);
  other.reset();
  endpoints({{"10.0.0.1", "here", true}});
  EXPECT_TRUE(ask(port).starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HealthChecksTest, ThoseWhoSayNothingOrTooMuchKeepNobodyOut) {
  service("Local");
  endpoints({{"10.0.0.1", "here", true}});
  auto plugin = host.start<FollowingPlugin>();
  std::list<Fd> silent;
  for (size_t i = 0; i < HealthChecks::kMostAskers + 10; ++i) silent.push_back(connected(port));
  EXPECT_TRUE(ask(port).starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(ask(port, std::string(20000, 'x')), "");
  EXPECT_TRUE(ask(port, "HEAD /any HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
}

}  // namespace
}  // namespace cleat::proxy
