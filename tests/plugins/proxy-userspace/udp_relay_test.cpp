// Datagrams through the relay: which endpoint a client keeps, and for how long.
#include "tests/plugins/proxy-userspace/relay_fixture.h"

namespace cleat::proxy {
namespace {

TEST_F(RelayTest, DatagramsPassAndEachClientKeepsItsEndpoint) {
  make({.udpIdle = 1h});
  Backend a(SOCK_DGRAM), b(SOCK_DGRAM);
  serve({service({a.port, b.port}, "udp")});
  Fd one = client(SOCK_DGRAM), two = client(SOCK_DGRAM);
  sockaddr_in from{}, ignored{};
  for (int round = 0; round < 3; ++round) {
    say(one.get(), "from one");
    EXPECT_EQ(a.receiveFrom(from), "from one");
    say(two.get(), "from two");
    EXPECT_EQ(b.receiveFrom(ignored), "from two");
  }
  a.answer(from, "to one");
  EXPECT_EQ(receive(one.get()), "to one");
  EXPECT_EQ(relay->connections(), 2u);
}

TEST_F(RelayTest, ASilentUdpClientIsForgotten) {
  make({.udpIdle = 20ms});
  Backend a(SOCK_DGRAM), b(SOCK_DGRAM);
  serve({service({a.port, b.port}, "udp")});
  Fd one = client(SOCK_DGRAM);
  sockaddr_in from{};
  say(one.get(), "first");
  EXPECT_EQ(a.receiveFrom(from), "first");
  EXPECT_TRUE(connectionsBecome(0));
  say(one.get(), "again");
  EXPECT_EQ(b.receiveFrom(from), "again");
}

TEST_F(RelayTest, AUdpClientStaysWhenOthersChangeAndMovesWhenItsEndpointGoes) {
  make({.udpIdle = 1h});
  Backend a(SOCK_DGRAM), b(SOCK_DGRAM);
  serve({service({a.port, b.port}, "udp")});
  Fd one = client(SOCK_DGRAM);
  sockaddr_in from{};
  say(one.get(), "question");
  EXPECT_EQ(a.receiveFrom(from), "question");
  ServicePort other = service({b.port}, "udp");
  other.name = "xother";
  serve({service({a.port, b.port}, "udp"), other});
  a.answer(from, "answer");
  EXPECT_EQ(receive(one.get()), "answer") << "it was on its way";
  say(one.get(), "more");
  EXPECT_EQ(a.receiveFrom(from), "more");
  serve({service({b.port}, "udp"), other});
  say(one.get(), "and more");
  EXPECT_EQ(b.receiveFrom(from), "and more");
}

TEST_F(RelayTest, AUdpClientMovesWhenNobodyListensAtItsEndpoint) {
  make({.udpIdle = 1h});
  Backend alive(SOCK_DGRAM);
  uint16_t dead = Backend(SOCK_DGRAM).port;
  serve({service({dead, alive.port}, "udp")});
  Fd one = client(SOCK_DGRAM);
  // The first may be lost, as datagrams are; nothing but the answer to it says that nobody is there.
  for (int i = 0; i < 100 && !alive.asked(10); ++i) say(one.get(), "hello");
  sockaddr_in from{};
  EXPECT_EQ(alive.receiveFrom(from), "hello");
}

TEST_F(RelayTest, BeyondTheLimitUdpClientsAreNotHeard) {
  make({.udpIdle = 1h, .maxConnections = 1});
  Backend backend(SOCK_DGRAM);
  serve({service({backend.port}, "udp")});
  Fd one = client(SOCK_DGRAM), two = client(SOCK_DGRAM);
  sockaddr_in from{};
  say(one.get(), "one");
  EXPECT_EQ(backend.receiveFrom(from), "one");
  say(two.get(), "two");
  say(one.get(), "one again");
  EXPECT_EQ(backend.receiveFrom(from), "one again");
}

}  // namespace
}  // namespace cleat::proxy
