#include "socket_address.h"

#include <arpa/inet.h>

#include <cstring>

namespace cleat::proxy {

SocketAddress::SocketAddress(Family family) { address_.any.sa_family = static_cast<sa_family_t>(socketFamily(family)); }

std::optional<SocketAddress> SocketAddress::of(const std::string& address, uint16_t port) {
  SocketAddress made(address.find(':') != std::string::npos ? Family::ipv6 : Family::ipv4);
  void* place = made.isIpv6() ? static_cast<void*>(&made.address_.v6.sin6_addr) : &made.address_.v4.sin_addr;
  if (inet_pton(made.address_.any.sa_family, address.c_str(), place) != 1) return std::nullopt;
  (made.isIpv6() ? made.address_.v6.sin6_port : made.address_.v4.sin_port) = htons(port);
  return made;
}

AddressBytes SocketAddress::bytes() const {
  AddressBytes bytes{};
  if (isIpv6())
    std::memcpy(bytes.data(), &address_.v6.sin6_addr, sizeof(in6_addr));
  else
    std::memcpy(bytes.data(), &address_.v4.sin_addr, sizeof(in_addr));
  return bytes;
}

}  // namespace cleat::proxy
