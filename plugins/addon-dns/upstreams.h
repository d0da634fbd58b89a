// Asks other name servers what the cluster does not know: over UDP, from a port and with a number that nobody can
// guess, and over TCP where the answer was cut and the client takes a whole one. Each try has a time, and what is under
// way at once has a limit, for all and for each client, so that neither slow servers nor eager clients pile anything
// up.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event_loop.h"
#include "message.h"

namespace cleat::dns {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  std::string bytes() const;  // of the address alone
  bool operator==(const SocketAddress& other) const;
};
SocketAddress socketAddress(const std::string& bytes, uint16_t port);
// "192.0.2.1", "192.0.2.1:5353", "fd00::1" or "[fd00::1]:5353".
std::optional<SocketAddress> parseUpstream(std::string_view text);
// The name servers of a resolv.conf, without those that are not addresses.
std::vector<std::string> nameserversOf(std::string_view resolvConf);

struct UpstreamLimits {
  std::chrono::milliseconds tryTimeout{2000};
  size_t tries = 3;  // all together; the servers take turns
  size_t inFlight = 256;
  size_t inFlightOfClient = 128;
};

class Upstreams {
 public:
  // Nothing when nobody answered.
  using Done = std::function<void(std::optional<std::string> answer)>;

  Upstreams(EventLoop& loop, UpstreamLimits limits) : loop_(loop), limits_(limits) {}

  // `client` is the address that the limit is for. False, and `done` is not called, where it may not ask now.
  bool ask(std::vector<SocketAddress> servers, const std::string& client, const Query& query, const Question& question,
           bool whole, Done done);

 private:
  class Exchange;
  void finished(const std::string& client);

  EventLoop& loop_;
  const UpstreamLimits limits_;
  std::map<std::string, size_t> clients_;
  size_t inFlight_ = 0;
};

}  // namespace cleat::dns
