// SocketAddress: an IP address and a port as the kernel has them: read from text, shown as text, and as the key under
// which a server counts what comes from there.
#pragma once

#include <cleat/sdk/status.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace cleat::http {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  static Result<SocketAddress> parse(const std::string& address, uint16_t port);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  uint16_t port() const;
  // "192.0.2.1:443", "[2001:db8::1]:443"
  std::string text() const;
  // Bytes that are the same for what one subscriber can choose among: an IPv4 address, also where it comes as an IPv6
  // one, and the first 64 bits of any other IPv6 address.
  std::string origin() const;
};

// Of a connection: small writes go out at once, and a peer that has vanished without a word is found when so many
// probes, one every `interval` seconds after `idle` seconds of silence, went unanswered.
void setConnectionOptions(int socket, int idle, int interval, int probes);

}  // namespace cleat::http
