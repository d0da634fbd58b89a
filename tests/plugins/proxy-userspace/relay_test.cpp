// The relay's engine on loopback: connections and datagrams between clients and endpoints of this process.
#include "tests/plugins/proxy-userspace/relay_fixture.h"

namespace cleat::proxy {
namespace {

TEST_F(RelayTest, BytesPassBothWaysAndEachHalfEndsByItself) {
  Backend backend;
  serve({service({backend.port})});
  Fd one = client();
  say(one.get(), "question");
  Fd other = backend.accept();
  EXPECT_EQ(receive(other.get()), "question");
  ASSERT_EQ(shutdown(one.get(), SHUT_WR), 0);
  EXPECT_EQ(receive(other.get()), "") << "the end has come through";
  say(other.get(), "answer");
  EXPECT_EQ(receive(one.get()), "answer") << "after the client's end";
  other.reset();
  EXPECT_EQ(receive(one.get()), "");
  EXPECT_TRUE(connectionsBecome(0));
}

TEST_F(RelayTest, EndpointsTakeTurns) {
  Backend a, b;
  serve({service({a.port, b.port})});
  std::vector<Fd> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(client());
    ASSERT_TRUE((i % 2 == 0 ? a : b).accept());
  }
  EXPECT_FALSE(a.asked());
  EXPECT_FALSE(b.asked());
}

TEST_F(RelayTest, AnEndpointThatRefusesIsSkipped) {
  Backend alive;
  uint16_t dead = Backend().port;
  serve({service({dead, alive.port})});
  for (int i = 0; i < 4; ++i) {
    Fd one = client();
    Fd other = alive.accept();
    ASSERT_TRUE(other);
    say(other.get(), "here");
    EXPECT_EQ(receive(one.get()), "here");
  }
}

TEST_F(RelayTest, AnEndpointThatDoesNotAnswerIsSkippedInTime) {
  make({.connectTimeout = 20ms});
  Backend silent(SOCK_STREAM, 0), alive;
  // A full queue: what comes then gets no answer.
  std::vector<Fd> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in to = loopback(silent.port);
    connect(waiting.back().get(), reinterpret_cast<sockaddr*>(&to), sizeof to);
  }
  serve({service({silent.port, alive.port})});
  Fd one = client();
  Fd other = alive.accept();
  ASSERT_TRUE(other);
  say(other.get(), "here");
  EXPECT_EQ(receive(one.get()), "here");
}

TEST_F(RelayTest, AClientWhomNobodyAnswersIsClosed) {
  make({.connectTimeout = 5ms});
  struct Case {
    const char* what;
    std::vector<uint16_t> ports;
  };
  const Case cases[] = {{"no endpoints", {}}, {"all of them refuse", {Backend().port, Backend().port}}};
  for (const Case& one : cases) {
    serve({service(one.ports)});
    Fd fd = client();
    EXPECT_EQ(receive(fd.get()), "") << one.what;
    EXPECT_TRUE(connectionsBecome(0)) << one.what;
  }
}

TEST_F(RelayTest, AResetOfEitherSideEndsTheOther) {
  Backend backend;
  serve({service({backend.port})});
  for (bool clientResets : {true, false}) {
    Fd one = client();
    Fd other = backend.accept();
    ASSERT_TRUE(other);
    // An endpoint that resets before the relay knows that it has accepted is tried again, as one that refuses.
    say(one.get(), "here");
    ASSERT_EQ(receive(other.get()), "here");
    Fd& resets = clientResets ? one : other;
    Fd& sees = clientResets ? other : one;
    const linger atOnce{1, 0};
    setsockopt(resets.get(), SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
    resets.reset();
    const std::string end = receive(sees.get());
    EXPECT_TRUE(end.empty() || end == "ECONNRESET") << end;
    EXPECT_TRUE(connectionsBecome(0));
  }
}

TEST_F(RelayTest, BeyondTheLimitClientsAreClosedUntilOneGoes) {
  make({.maxConnections = 2});
  Backend backend;
  serve({service({backend.port})});
  Fd first = client(), second = client();
  Fd firstOther = backend.accept(), secondOther = backend.accept();
  ASSERT_TRUE(connectionsBecome(2));
  Fd third = client();
  EXPECT_EQ(receive(third.get()), "");
  EXPECT_FALSE(backend.asked());
  first.reset();
  firstOther.reset();
  ASSERT_TRUE(connectionsBecome(1));
  Fd fourth = client();
  EXPECT_TRUE(backend.accept());
}

TEST_F(RelayTest, ConnectionsOutliveTheirEndpointAndService) {
  Backend backend, successor;
  serve({service({backend.port})});
  Fd one = client();
  Fd other = backend.accept();
  ASSERT_TRUE(other);
  serve({service({successor.port})});
  Fd later = client();
  EXPECT_TRUE(successor.accept());
  EXPECT_FALSE(backend.asked()) << "the endpoint gets nobody new";
  const uint16_t before = port;
  serve({});
  say(one.get(), "still");
  EXPECT_EQ(receive(other.get()), "still");
  Fd tooLate(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to = loopback(before);
  EXPECT_EQ(connect(tooLate.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), -1);
  EXPECT_EQ(errno, ECONNREFUSED);
}

TEST_F(RelayTest, ASlowReaderHoldsTheSenderBackAndCostsNoTime) {
  Backend backend;
  serve({service({backend.port})});
  Fd one = client();
  Fd other = backend.accept();
  ASSERT_TRUE(other);
  // The client has ended its half and the endpoint will have: a state in which epoll reports a hang-up without end.
  ASSERT_EQ(shutdown(one.get(), SHUT_WR), 0);
  EXPECT_EQ(receive(other.get()), "");
  const std::string block(256 * 1024, 'x');
  size_t sent = 0;
  while (becomes(other.get(), POLLOUT, 200)) {
    ssize_t put = send(other.get(), block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put > 0) sent += static_cast<size_t>(put);
    ASSERT_LT(sent, 256u << 20) << "somebody keeps it all";
  }
  ASSERT_EQ(shutdown(other.get(), SHUT_WR), 0);
  auto used = [] {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  const auto before = used();
  poll(nullptr, 0, 200);  // the time in which it has nothing to do
  EXPECT_LT(used() - before, 100ms) << "the relay runs in circles";
  size_t received = 0;
  for (std::string bytes = receive(one.get()); !bytes.empty(); bytes = receive(one.get())) {
    ASSERT_LE(bytes.size(), 4096u);
    ASSERT_NE(bytes, "(nothing)");
    received += bytes.size();
  }
  EXPECT_EQ(received, sent);
  EXPECT_TRUE(connectionsBecome(0));
}

TEST_F(RelayTest, ManyConnectionsAtOnceAreToldApart) {
  Backend backend(SOCK_STREAM, 1024);
  serve({service({backend.port})});
  constexpr int kMany = 200;
  std::vector<Fd> clients, others;
  for (int i = 0; i < kMany; ++i) {
    clients.push_back(client());
    say(clients.back().get(), std::to_string(i));
  }
  for (int i = 0; i < kMany; ++i) {
    others.push_back(backend.accept());
    ASSERT_TRUE(others.back());
    say(others.back().get(), receive(others.back().get()));
  }
  for (int i = 0; i < kMany; ++i) EXPECT_EQ(receive(clients[i].get()), std::to_string(i));
  EXPECT_EQ(relay->connections(), static_cast<size_t>(kMany));
  clients.clear();
  others.clear();
  EXPECT_TRUE(connectionsBecome(0));
}

TEST_F(RelayTest, WithoutDescriptorsClientsAreClosedAndServicesStayAsTheyWere) {
  Backend backend;
  serve({service({backend.port})});
  rlimit before{}, none{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  Fd prepared(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  none = before;
  // The next free number is beyond it.
  int next = dup(prepared.get());
  none.rlim_cur = static_cast<rlim_t>(next);
  close(next);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  sockaddr_in to = loopback(port);
  EXPECT_EQ(connect(prepared.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  EXPECT_EQ(receive(prepared.get()), "");
  ServicePort another = service({backend.port});
  another.name = "another";
  EXPECT_FALSE(relay->serve({service({backend.port}), another}));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  Fd one = client();
  EXPECT_TRUE(backend.accept()) << "it serves as before";
  serve({service({backend.port}), another});
}

TEST_F(RelayTest, SctpIsNotServed) {
  auto ports = relay->serve({service({1}, "sctp")});
  ASSERT_TRUE(ports);
  EXPECT_TRUE(ports->empty());
}

}  // namespace
}  // namespace cleat::proxy
