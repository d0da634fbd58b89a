#include "core/app/dev/port_relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

namespace cleat::app {
namespace {

// So much of a connection waits here for an end that takes nothing; then its sender waits.
constexpr size_t kMostWaiting = 64 << 10;

bool isForNow(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

void PortRelay::accept() {
  Fd from(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!from) return;
  Fd to(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // On loopback this is done at once.
  if (::connect(to.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return;
  Connection& added = connections_.emplace_back();
  added.ends[0].fd = std::move(from);
  added.ends[1].fd = std::move(to);
}

short PortRelay::wanted(const Connection& connection, size_t end) {
  const End &own = connection.ends[end], &other = connection.ends[1 - end];
  short events = 0;
  if (!own.ended && own.received.size() < kMostWaiting) events |= POLLIN;
  if (!other.received.empty()) events |= POLLOUT;
  return events;
}

void PortRelay::receive(End& from, Connection& connection) {
  std::array<char, 16384> buffer;
  const ssize_t got = ::recv(from.fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got > 0) from.received.append(buffer.data(), static_cast<size_t>(got));
  if (got == 0) from.ended = true;
  if (got < 0 && !isForNow(errno)) connection.broken = true;
}

void PortRelay::send(End& from, End& to, Connection& connection) {
  if (!from.received.empty()) {
    const ssize_t put = ::send(to.fd.get(), from.received.data(), from.received.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put > 0) from.received.erase(0, static_cast<size_t>(put));
    if (put < 0 && !isForNow(errno)) connection.broken = true;
  }
  if (from.ended && from.received.empty() && !from.told) {
    ::shutdown(to.fd.get(), SHUT_WR);
    from.told = true;
  }
}

void PortRelay::runUntil(int readable) {
  for (;;) {
    std::vector<pollfd> watched = {{readable, POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    for (const Connection& connection : connections_) {
      for (size_t end = 0; end < 2; ++end) {
        // One that nothing is wanted of, and that has been hung up, would say so without end.
        const short events = wanted(connection, end);
        watched.push_back({events != 0 ? connection.ends[end].fd.get() : -1, events, 0});
      }
    }
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
    if (watched[0].revents != 0) return;
    size_t at = 2;
    for (Connection& connection : connections_) {
      for (End& end : connection.ends) {
        const short events = watched[at++].revents;
        if ((events & POLLIN) != 0) receive(end, connection);
        if ((events & (POLLERR | POLLNVAL)) != 0) connection.broken = true;
      }
      send(connection.ends[0], connection.ends[1], connection);
      send(connection.ends[1], connection.ends[0], connection);
    }
    connections_.remove_if([](const Connection& connection) { return connection.over(); });
    if ((watched[1].revents & POLLIN) != 0) accept();
  }
}

}  // namespace cleat::app
