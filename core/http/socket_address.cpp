#include "core/http/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

namespace cleat::http {
namespace {

const sockaddr_in& v4(const sockaddr_storage& storage) { return reinterpret_cast<const sockaddr_in&>(storage); }
const sockaddr_in6& v6(const sockaddr_storage& storage) { return reinterpret_cast<const sockaddr_in6&>(storage); }

}  // namespace

Result<SocketAddress> SocketAddress::parse(const std::string& text, uint16_t port) {
  SocketAddress address;
  auto* in4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* in6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET, text.c_str(), &in4->sin_addr) == 1) {
    in4->sin_family = AF_INET;
    in4->sin_port = htons(port);
    address.size = sizeof *in4;
    return address;
  }
  if (inet_pton(AF_INET6, text.c_str(), &in6->sin6_addr) == 1) {
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    address.size = sizeof *in6;
    return address;
  }
  return fail(Status::internal("cannot listen on \"" + text + "\": it is not an IP address"));
}

uint16_t SocketAddress::port() const {
  return ntohs(storage.ss_family == AF_INET ? v4(storage).sin_port : v6(storage).sin6_port);
}

std::string SocketAddress::text() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    inet_ntop(AF_INET, &v4(storage).sin_addr, text, sizeof text);
    return text + (":" + std::to_string(port()));
  }
  inet_ntop(AF_INET6, &v6(storage).sin6_addr, text, sizeof text);
  return "[" + std::string(text) + "]:" + std::to_string(port());
}

std::string SocketAddress::origin() const {
  constexpr size_t kV4Bytes = 4, kV6Bytes = 8, kMappedAt = 12;
  if (storage.ss_family == AF_INET) return {reinterpret_cast<const char*>(&v4(storage).sin_addr), kV4Bytes};
  const in6_addr& address = v6(storage).sin6_addr;
  const char* bytes = reinterpret_cast<const char*>(&address);
  return IN6_IS_ADDR_V4MAPPED(&address) ? std::string(bytes + kMappedAt, kV4Bytes) : std::string(bytes, kV6Bytes);
}

void setConnectionOptions(int socket, int idle, int interval, int probes) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

}  // namespace cleat::http
