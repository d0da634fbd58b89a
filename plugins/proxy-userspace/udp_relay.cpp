// UDP: one socket towards the clients, and for each client one towards its endpoint, until it has been silent for a
// while.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "relay_parts.h"

namespace cleat::proxy {
namespace {

constexpr int kDatagramsAtOnce = 64;

// A client, and the address of this machine that netfilter sent it to: the answer has to come from there, or netfilter
// does not translate it back.
struct ClientKey {
  AddressBytes address, here;
  uint16_t port;
  auto operator<=>(const ClientKey&) const = default;
};

// Room for the one control message that goes with a datagram.
union PacketControl {
  cmsghdr alignment;
  std::array<char, CMSG_SPACE(std::max(sizeof(in_pktinfo), sizeof(in6_pktinfo)))> bytes;
};

ssize_t receive(int fd, std::vector<char>& buffer, SocketAddress& from, AddressBytes& here) {
  iovec part{buffer.data(), buffer.size()};
  PacketControl control{};
  msghdr message{};
  message.msg_name = from.get();
  message.msg_namelen = from.size();
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  ssize_t got = recvmsg(fd, &message, 0);
  if (got < 0) return got;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      in_pktinfo packet{};
      std::memcpy(&packet, CMSG_DATA(header), sizeof packet);
      std::memcpy(here.data(), &packet.ipi_addr, sizeof packet.ipi_addr);
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo packet{};
      std::memcpy(&packet, CMSG_DATA(header), sizeof packet);
      std::memcpy(here.data(), &packet.ipi6_addr, sizeof packet.ipi6_addr);
    }
  }
  return got;
}

// The source of what is sent.
template <class Packet>
void setSource(cmsghdr* header, int level, int type, const Packet& packet) {
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof packet);
  std::memcpy(CMSG_DATA(header), &packet, sizeof packet);
}

void answer(int fd, const char* datagram, size_t size, SocketAddress client, const AddressBytes& here) {
  iovec part{const_cast<char*>(datagram), size};
  PacketControl control{};
  msghdr message{};
  message.msg_name = client.get();
  message.msg_namelen = client.size();
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (client.get()->sa_family == AF_INET6) {
    in6_pktinfo packet{};
    std::memcpy(&packet.ipi6_addr, here.data(), sizeof packet.ipi6_addr);
    setSource(header, IPPROTO_IPV6, IPV6_PKTINFO, packet);
    message.msg_controllen = CMSG_SPACE(sizeof packet);
  } else {
    in_pktinfo packet{};
    std::memcpy(&packet.ipi_spec_dst, here.data(), sizeof packet.ipi_spec_dst);
    setSource(header, IPPROTO_IP, IP_PKTINFO, packet);
    message.msg_controllen = CMSG_SPACE(sizeof packet);
  }
  sendmsg(fd, &message, 0);  // lost when the client's side is full, as datagrams are
}

// One client and its endpoint.
class UdpSession : public Waiter {
 public:
  UdpSession(Context& context, int front, SocketAddress client, AddressBytes here, SocketAddress endpoint, Fd socket)
      : context_(context), front_(front), client_(client), here_(here), endpoint_(endpoint),
        socket_(std::move(socket)) {}

  int fd() const { return socket_.get(); }
  const SocketAddress& endpoint() const { return endpoint_; }
  bool broken() const { return broken_; }
  Clock::time_point lastUsed() const { return lastUsed_; }

  void pass(const char* datagram, size_t size, Clock::time_point now) {
    lastUsed_ = now;
    if (send(socket_.get(), datagram, size, 0) < 0) broken_ = broken_ || errno == ECONNREFUSED;
  }

  // What comes back.
  bool ready(int, uint32_t) override {
    for (int i = 0; i < kDatagramsAtOnce; ++i) {
      ssize_t got = recv(socket_.get(), context_.buffer.data(), context_.buffer.size(), 0);
      if (got < 0) {
        broken_ = broken_ || errno == ECONNREFUSED;
        return true;
      }
      lastUsed_ = Clock::now();
      answer(front_, context_.buffer.data(), static_cast<size_t>(got), client_, here_);
    }
    return true;
  }

 private:
  Context& context_;
  int front_;
  SocketAddress client_;
  AddressBytes here_;
  SocketAddress endpoint_;
  Fd socket_;
  bool broken_ = false;  // nobody listens there
  Clock::time_point lastUsed_ = Clock::now();
};

class UdpFront : public Front {
 public:
  UdpFront(Context& context, Fd socket, uint16_t port)
      : context_(context), socket_(std::move(socket)), epoll_(epoll_create1(EPOLL_CLOEXEC)), port_(port) {
    watch(context_.epoll, socket_.get(), this, 0, EPOLLIN);
    // The sessions' sockets wait in an epoll of their own, which waits in the loop's: they come and go with this front.
    watch(context_.epoll, epoll_.get(), this, 1, EPOLLIN);
  }
  ~UdpFront() override {
    context_.deadlines.clear(this);
    context_.connections -= sessions_.size();
  }

  uint16_t port() const override { return port_; }
  // Clients whose endpoint is gone choose again; the others keep theirs, with the answers that are on their way.
  void update(const ServicePort& service) override {
    balancer_.update(service);
    drop([&](const UdpSession& session) { return !balancer_.contains(session.endpoint()); });
  }

  bool ready(int tag, uint32_t) override {
    if (tag == 1) {
      std::array<epoll_event, 64> events;
      int count = epoll_wait(epoll_.get(), events.data(), events.size(), 0);
      for (int i = 0; i < count; ++i) reinterpret_cast<UdpSession*>(events[i].data.u64)->ready(0, events[i].events);
      return true;
    }
    for (int i = 0; i < kDatagramsAtOnce; ++i) {
      SocketAddress from(context_.options.family);
      AddressBytes here{};
      ssize_t got = receive(socket_.get(), context_.buffer, from, here);
      if (got < 0) return true;
      const auto now = Clock::now();
      if (UdpSession* session = sessionOf(from, here, now))
        session->pass(context_.buffer.data(), static_cast<size_t>(got), now);
    }
    return true;
  }

  bool expired(Clock::time_point now) override {
    const auto idle = context_.options.udpIdle;
    drop([&](const UdpSession& session) { return now - session.lastUsed() >= idle; });
    Clock::time_point next = now + idle;
    for (const auto& [key, session] : sessions_) next = std::min(next, session->lastUsed() + idle);
    if (!sessions_.empty()) context_.deadlines.set(this, next);
    return true;
  }

 private:
  template <class F>
  void drop(F unwanted) {
    context_.connections -= std::erase_if(sessions_, [&](const auto& entry) { return unwanted(*entry.second); });
  }

  UdpSession* sessionOf(const SocketAddress& from, const AddressBytes& here, Clock::time_point now) {
    const ClientKey key{from.bytes(), here, from.port()};
    auto found = sessions_.find(key);
    if (found != sessions_.end() && !found->second->broken()) return found->second.get();
    if (found != sessions_.end()) {
      balancer_.forget(key.address);
      sessions_.erase(found);
      --context_.connections;
    }
    if (context_.connections >= context_.options.maxConnections) return nullptr;
    const std::optional<SocketAddress> endpoint = balancer_.choose(key.address, now);
    if (!endpoint) return nullptr;
    Fd fd(socket(socketFamily(context_.options.family), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd || connect(fd.get(), endpoint->get(), endpoint->size()) != 0) return nullptr;
    auto session = std::make_unique<UdpSession>(context_, socket_.get(), from, here, *endpoint, std::move(fd));
    UdpSession* made = session.get();
    watch(epoll_.get(), made->fd(), made, 0, EPOLLIN);
    if (sessions_.empty()) context_.deadlines.set(this, now + context_.options.udpIdle);
    sessions_[key] = std::move(session);
    ++context_.connections;
    return made;
  }

  Context& context_;
  Fd socket_, epoll_;
  uint16_t port_;
  Balancer balancer_;
  std::map<ClientKey, std::unique_ptr<UdpSession>> sessions_;
};

}  // namespace

Result<std::unique_ptr<Front>> makeUdpFront(Context& context) {
  uint16_t port = 0;
  const Family family = context.options.family;
  CLEAT_TRY(Fd fd, boundSocket(family, SOCK_DGRAM, port));
  const int on = 1;
  const int done = family == Family::ipv6 ? setsockopt(fd.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)
                                          : setsockopt(fd.get(), IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  if (done != 0) return fail(systemError("cannot prepare a socket for a service", errno));
  return std::make_unique<UdpFront>(context, std::move(fd), port);
}

}  // namespace cleat::proxy
