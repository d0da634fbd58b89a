// The address that this machine has in the world, of either family: the one it would send from, by its default route.
// Empty where it has none. The node's first is in the configuration (`config().server().address`).
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

namespace cleat {

// Connecting a datagram socket sends nothing: it only asks the kernel for the route, and so for the own address.
inline std::string ownIpv4Address() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {};
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(9);
  inet_pton(AF_INET, "192.0.2.1", &to.sin_addr);  // of a network that is only for documentation
  sockaddr_in own{};
  socklen_t size = sizeof own;
  std::array<char, INET_ADDRSTRLEN> text{};
  const bool known = connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0;
  if (known) inet_ntop(AF_INET, &own.sin_addr, text.data(), text.size());
  close(fd);
  return text.data();
}

inline std::string ownIpv6Address() {
  const int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {};
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(9);
  inet_pton(AF_INET6, "2001:db8::1", &to.sin6_addr);  // of a network that is only for documentation
  sockaddr_in6 own{};
  socklen_t size = sizeof own;
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool known = connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
                     !IN6_IS_ADDR_LOOPBACK(&own.sin6_addr) && !IN6_IS_ADDR_LINKLOCAL(&own.sin6_addr);
  if (known) inet_ntop(AF_INET6, &own.sin6_addr, text.data(), text.size());
  close(fd);
  return text.data();
}

}  // namespace cleat
