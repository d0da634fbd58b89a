// An address and a port of either family, as the kernel's calls take and give them.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "proxy-common/family.h"

namespace cleat::proxy {

// In network order; of IPv4 the first four bytes. What is compared is of one family.
using AddressBytes = std::array<uint8_t, sizeof(in6_addr)>;

inline int socketFamily(Family family) { return family == Family::ipv6 ? AF_INET6 : AF_INET; }

class SocketAddress {
 public:
  // Every address and no port; also what a call is to fill in.
  explicit SocketAddress(Family family);
  // Nothing where the text is no address.
  static std::optional<SocketAddress> of(const std::string& address, uint16_t port);

  sockaddr* get() { return &address_.any; }
  const sockaddr* get() const { return &address_.any; }
  socklen_t size() const { return isIpv6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in); }

  uint16_t port() const { return ntohs(isIpv6() ? address_.v6.sin6_port : address_.v4.sin_port); }
  AddressBytes bytes() const;
  bool operator==(const SocketAddress& other) const { return port() == other.port() && bytes() == other.bytes(); }

 private:
  bool isIpv6() const { return address_.any.sa_family == AF_INET6; }

  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6{};
  } address_;
};

}  // namespace cleat::proxy
