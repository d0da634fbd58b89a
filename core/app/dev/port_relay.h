// PortRelay: passes what comes to a listening socket on to a port of this thread's own loopback, and back. The socket
// may have been opened in another network namespace: so a server in there is reached from outside without a network
// between.
//
//   PortRelay relay(std::move(listener), 6443);
//   relay.runUntil(signals);      // until there is something to read
//
// One thread's own.
#pragma once

#include <cleat/sdk/file.h>

#include <array>
#include <cstdint>
#include <list>
#include <string>

namespace cleat::app {

class PortRelay {
 public:
  PortRelay(Fd listener, uint16_t port) : listener_(std::move(listener)), port_(port) {}

  void runUntil(int readable);

 private:
  // What one end has sent and the other has not taken yet.
  struct End {
    Fd fd;
    std::string received;
    bool ended = false;  // it sends no more
    bool told = false;   // which the other one knows
  };
  struct Connection {
    std::array<End, 2> ends;
    bool broken = false;
    bool over() const { return broken || (ends[0].told && ends[1].told); }
  };

  void accept();
  static short wanted(const Connection& connection, size_t end);
  static void receive(End& from, Connection& connection);
  static void send(End& from, End& to, Connection& connection);

  Fd listener_;
  uint16_t port_;
  std::list<Connection> connections_;
};

}  // namespace cleat::app
