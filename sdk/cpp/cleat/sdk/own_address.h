// The address that this machine has in the world, of either family: the one it would send from, by its default route.
// Empty where it has none. The node's first is in the configuration (`config().server().address`).
#pragma once

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

namespace cleat {

namespace detail {

// The one it would send from to `other`, which is of a network that is only for documentation. Connecting a datagram
// socket sends nothing: it only asks the kernel for the route, and so for the own address.
inline std::string ownAddressTowards(const char* other) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_DGRAM;
  if (getaddrinfo(other, "9", &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> to(found, &freeaddrinfo);
  const int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {};
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  auto* const general = reinterpret_cast<sockaddr*>(&own);
  const auto& six = reinterpret_cast<const sockaddr_in6&>(own).sin6_addr;
  std::array<char, NI_MAXHOST> text{};
  const bool known = connect(fd, to->ai_addr, to->ai_addrlen) == 0 && getsockname(fd, general, &size) == 0;
  const bool isLocal = own.ss_family == AF_INET6 && (IN6_IS_ADDR_LOOPBACK(&six) || IN6_IS_ADDR_LINKLOCAL(&six));
  close(fd);
  if (!known || isLocal) return {};
  return getnameinfo(general, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0 ? text.data() : "";
}

}  // namespace detail

inline std::string ownIpv4Address() { return detail::ownAddressTowards("192.0.2.1"); }
inline std::string ownIpv6Address() { return detail::ownAddressTowards("2001:db8::1"); }

}  // namespace cleat
