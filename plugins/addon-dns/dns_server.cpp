#include "dns_server.h"

#include <arpa/inet.h>
#include <cleat/sdk/text.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>

#include "responder.h"

namespace cleat::dns {
namespace {

constexpr int kAtOnce = 64;               // datagrams or connections of one socket, before the others have their turn
constexpr size_t kMostQueryBytes = 4096;  // no query is as long as that
constexpr int kPortTries = 20;

uint16_t portOf(const SocketAddress& address) {
  uint16_t port = 0;
  std::memcpy(&port, reinterpret_cast<const char*>(&address.storage) + 2, sizeof port);  // of both families
  return ntohs(port);
}

Result<Fd> boundSocket(int type, SocketAddress& address) {
  Fd fd(::socket(address.family(), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (fd && type == SOCK_STREAM) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!fd || ::bind(fd.get(), address.get(), address.size) != 0 ||
      (type == SOCK_STREAM && ::listen(fd.get(), SOMAXCONN) != 0) ||
      ::getsockname(fd.get(), address.get(), &address.size) != 0)
    return fail(systemError("cannot listen for DNS", errno));
  return fd;
}

struct Sockets {
  Fd udp, tcp;
  uint16_t port = 0;
};

Result<Sockets> openSockets(const std::string& bytes, uint16_t port) {
  for (int i = 1;; ++i) {
    SocketAddress address = socketAddress(bytes, port);
    CLEAT_TRY(Fd tcp, boundSocket(SOCK_STREAM, address));
    auto udp = boundSocket(SOCK_DGRAM, address);
    if (udp) return Sockets{std::move(*udp), std::move(tcp), portOf(address)};
    // A port that the kernel has chosen for the one may be taken for the other.
    if (port != 0 || i == kPortTries) return fail(udp.error());
  }
}

}  // namespace

// What lives on the thread.
class DnsServer::Serving {
 public:
  explicit Serving(DnsServer& server) : server(server), upstreams(loop, server.options_.upstream) {}

  // Does with a query what is to be done; `answer` is called at once, later or, for what deserves no answer, never.
  // False for the last.
  template <class F>
  bool serve(std::string_view message, Transport transport, const std::string& client, F answer) {
    Decision decision = decide(server.zone_, message, transport);
    if (decision.kind == Decision::Kind::silent) return false;
    if (decision.kind == Decision::Kind::reply) {
      answer(std::move(decision.reply));
      return true;
    }
    const auto& networks = server.options_.forwardFor;
    auto servers = server.upstreams();
    const bool may = std::ranges::any_of(networks, [&](const Network& one) { return one.contains(client); });
    if (!may || servers.empty()) {
      answer(decline(decision, Rcode::refused));
      return true;
    }
    const auto shared = std::make_shared<Decision>(std::move(decision));
    auto done = [shared, answer](std::optional<std::string> upstream) { answer(complete(*shared, upstream)); };
    if (!upstreams.ask(std::move(servers), client, shared->query, shared->ask, transport == Transport::tcp, done))
      answer(decline(*shared, Rcode::serverFailure));
    return true;
  }

  DnsServer& server;
  std::map<std::string, size_t> connectionsOf;  // of TCP clients, by their address
  std::set<uint64_t> connections;               // the oldest first
  EventLoop loop;
  Upstreams upstreams;
};

class DnsServer::UdpListener : public Source {
 public:
  UdpListener(Serving& serving, Fd socket) : serving_(serving), socket_(std::make_shared<Fd>(std::move(socket))) {}
  int fd() const { return socket_->get(); }

  void ready(uint32_t) override {
    std::array<char, kMostQueryBytes + 1> buffer;
    for (int i = 0; i < kAtOnce; ++i) {
      SocketAddress from;
      from.size = sizeof from.storage;
      const ssize_t got = ::recvfrom(fd(), buffer.data(), buffer.size(), 0, from.get(), &from.size);
      if (got < 0) return;
      if (static_cast<size_t>(got) > kMostQueryBytes) continue;
      // Lost when there is no room to send, as datagrams are.
      auto answer = [socket = socket_, from](const std::string& reply) {
        (void)::sendto(socket->get(), reply.data(), reply.size(), MSG_NOSIGNAL, from.get(), from.size);
      };
      serving_.serve({buffer.data(), static_cast<size_t>(got)}, Transport::udp, from.bytes(), answer);
    }
  }

 private:
  Serving& serving_;
  std::shared_ptr<Fd> socket_;  // answers that are on their way hold it too
};

// One connection, which asks one thing after the other: the next is read when the last has been answered.
class DnsServer::TcpClient : public Source {
 public:
  TcpClient(Serving& serving, Fd socket, std::string address)
      : serving_(serving), socket_(std::move(socket)), address_(std::move(address)) {
    ++serving_.connectionsOf[address_];
  }
  ~TcpClient() override {
    serving_.connections.erase(id_);
    if (auto found = serving_.connectionsOf.find(address_); --found->second == 0) serving_.connectionsOf.erase(found);
  }

  bool start(uint64_t id) {
    id_ = id;
    serving_.connections.insert(id);
    wait();
    return serving_.loop.watch(id_, socket_.get(), EPOLLIN);
  }

  void ready(uint32_t events) override {
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) return end();
    if ((events & EPOLLOUT) != 0) return flush();
    std::array<char, 4096> buffer;
    const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return end();
    in_.append(buffer.data(), static_cast<size_t>(got));
    next();
  }
  void expired() override { end(); }

  void answered(const std::string& reply) {
    asking_ = false;
    append16(out_, static_cast<uint16_t>(reply.size()));
    out_ += reply;
    flush();
  }

 private:
  void end() { serving_.loop.end(id_); }
  void wait() { serving_.loop.setDeadline(id_, Clock::now() + serving_.server.options_.tcpIdle); }

  void next() {
    while (!asking_ && out_.empty() && in_.size() >= 2) {
      const size_t length = static_cast<size_t>(static_cast<uint8_t>(in_[0])) << 8 | static_cast<uint8_t>(in_[1]);
      if (length > kMostQueryBytes) return end();
      if (in_.size() < 2 + length) break;
      const std::string message = in_.substr(2, length);
      in_.erase(0, 2 + length);
      asking_ = true;
      // Whoever is answered may be gone by then.
      auto answer = [&serving = serving_, id = id_](const std::string& reply) {
        if (Source* client = serving.loop.find(id)) static_cast<TcpClient*>(client)->answered(reply);
      };
      if (!serving_.serve(message, Transport::tcp, address_, answer)) return end();
    }
    watch();
  }

  // An answer can come from within `next`, which goes on by itself; one that comes later goes on from here.
  void flush() {
    while (!out_.empty()) {
      const ssize_t sent = ::send(socket_.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
      if (sent < 0 && (errno == EAGAIN || errno == EINTR)) break;
      if (sent < 0) return end();
      out_.erase(0, static_cast<size_t>(sent));
    }
    if (out_.empty()) wait();
    if (out_.empty() && !going_) {
      going_ = true;
      next();
      going_ = false;
      return;
    }
    watch();
  }

  void watch() {
    const uint32_t events = !out_.empty() ? EPOLLOUT : asking_ ? 0u : static_cast<uint32_t>(EPOLLIN);
    serving_.loop.rewatch(id_, socket_.get(), events);
  }

  Serving& serving_;
  Fd socket_;
  const std::string address_;
  uint64_t id_ = 0;
  bool asking_ = false, going_ = false;
  std::string in_, out_;
};

class DnsServer::TcpListener : public Source {
 public:
  TcpListener(Serving& serving, Fd socket) : serving_(serving), socket_(std::move(socket)) {}
  int fd() const { return socket_.get(); }

  void ready(uint32_t) override {
    const DnsServerOptions& options = serving_.server.options_;
    for (int i = 0; i < kAtOnce; ++i) {
      SocketAddress from;
      from.size = sizeof from.storage;
      Fd socket(::accept4(fd(), from.get(), &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!socket) return pauseWithoutDescriptors();
      const std::string address = from.bytes();
      auto known = serving_.connectionsOf.find(address);
      if (known != serving_.connectionsOf.end() && known->second >= options.tcpConnectionsOfClient) continue;
      // A newcomer takes the place of whoever came first.
      if (serving_.connections.size() >= options.tcpConnections) serving_.loop.end(*serving_.connections.begin());
      auto client = std::make_unique<TcpClient>(serving_, std::move(socket), address);
      TcpClient* made = client.get();
      const uint64_t id = serving_.loop.add(std::move(client));
      if (!made->start(id)) serving_.loop.end(id);
    }
  }
  void expired() override { serving_.loop.rewatch(id, fd(), EPOLLIN); }

  uint64_t id = 0;

 private:
  // Where the process has none left, the connection stays in the queue and would wake this thread again and again.
  void pauseWithoutDescriptors() {
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return;
    serving_.loop.rewatch(id, fd(), 0);
    serving_.loop.setDeadline(id, Clock::now() + std::chrono::milliseconds(100));
  }

  Serving& serving_;
  Fd socket_;
};

DnsServer::DnsServer(const Zone& zone, DnsServerOptions options) : zone_(zone), options_(std::move(options)) {}

DnsServer::~DnsServer() {
  if (!thread_.joinable()) return;
  serving_->loop.stop();
  thread_.join();
}

Result<uint16_t> DnsServer::start(const std::string& address, uint16_t port) {
  auto bytes = parseAddress(address);
  if (!bytes)
    return fail(Status::badRequest(concat("the DNS cannot listen at \"", address, "\", which is no address")));
  auto sockets = openSockets(*bytes, port);
  SocketAddress given = socketAddress(*bytes, 0);
  if (!sockets && !boundSocket(SOCK_DGRAM, given)) sockets = openSockets(std::string(bytes->size(), '\0'), port);
  if (!sockets) return fail(sockets.error());
  auto serving = std::make_unique<Serving>(*this);
  auto udp = std::make_unique<UdpListener>(*serving, std::move(sockets->udp));
  auto tcp = std::make_unique<TcpListener>(*serving, std::move(sockets->tcp));
  EventLoop& loop = serving->loop;
  UdpListener* forUdp = udp.get();
  TcpListener* forTcp = tcp.get();
  const uint64_t udpId = loop.add(std::move(udp));
  forTcp->id = loop.add(std::move(tcp));
  if (!loop.good() || !loop.watch(udpId, forUdp->fd(), EPOLLIN) || !loop.watch(forTcp->id, forTcp->fd(), EPOLLIN))
    return fail(systemError("cannot wait for DNS queries", errno));
  serving_ = std::move(serving);
  thread_ = std::thread([this] { serving_->loop.run(); });
  return sockets->port;
}

void DnsServer::setUpstreams(std::vector<SocketAddress> servers) {
  MutexLock lock(mutex_);
  servers_ = std::move(servers);
}

std::vector<SocketAddress> DnsServer::upstreams() {
  MutexLock lock(mutex_);
  return servers_;
}

}  // namespace cleat::dns
