#include "core/http/http_server.h"

#include <arpa/inet.h>
#include <cleat/sdk/mutex.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <list>

#include "core/base/log.h"

namespace cleat::http {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Result<Address> parseAddress(const std::string& text, uint16_t port) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size = sizeof *v4;
    return address;
  }
  if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size = sizeof *v6;
    return address;
  }
  return fail(Status::internal("cannot listen on \"" + text + "\": it is not an IP address"));
}

std::string addressText(const sockaddr_storage& storage) {
  char text[INET6_ADDRSTRLEN] = "";
  uint16_t port = 0;
  if (storage.ss_family == AF_INET) {
    auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    port = ntohs(v4.sin_port);
    return text + (":" + std::to_string(port));
  }
  auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
  inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  port = ntohs(v6.sin6_port);
  return "[" + std::string(text) + "]:" + std::to_string(port);
}

// Finds a peer that has vanished without a word after about a minute.
void setOptions(int socket) {
  int on = 1, idle = 30, interval = 10, count = 3;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

constexpr std::chrono::milliseconds kAcceptPause{100};  // after running out of descriptors

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<State> {
  std::shared_ptr<ConnectionShared> shared;
  size_t maxConnections = 0;
  uint16_t port = 0;

  Mutex mutex;
  std::unique_ptr<boost::asio::posix::stream_descriptor> listener CLEAT_GUARDED_BY(mutex);
  ConditionVariable oneFreed;
  std::list<std::weak_ptr<HttpConnection>> connections CLEAT_GUARDED_BY(mutex);
  bool stopping CLEAT_GUARDED_BY(mutex) = false;
  // At maxConnections, or out of descriptors: nobody waits on the listener.
  bool paused CLEAT_GUARDED_BY(mutex) = false;

  void awaitConnection() CLEAT_REQUIRES(mutex) {
    auto self = shared_from_this();
    listener->async_wait(boost::asio::posix::stream_descriptor::wait_read, [self](boost::system::error_code error) {
      if (!error) self->acceptAll();
    });
  }

  void acceptAll() {
    std::vector<std::shared_ptr<HttpConnection>> begun;  // let go after the lock: who is freed takes it
    MutexLock lock(mutex);
    for (;;) {
      if (stopping) return;
      if (connections.size() >= maxConnections) {
        paused = true;
        return;
      }
      sockaddr_storage peer{};
      socklen_t peerSize = sizeof peer;
      int socket = accept4(listener->native_handle(), reinterpret_cast<sockaddr*>(&peer), &peerSize,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket >= 0) {
        begun.push_back(begin(socket, addressText(peer)));
        continue;
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      if (errno == EINTR || errno == ECONNABORTED) continue;
      base::log(base::LogLevel::warn, "api", std::string("cannot accept a connection: ") + strerror(errno));
      paused = true;
      auto self = shared_from_this();
      shared->executor.after(kAcceptPause, [self] { self->resume(); });
      return;
    }
    awaitConnection();
  }

  std::shared_ptr<HttpConnection> begin(int socket, std::string peer) CLEAT_REQUIRES(mutex) {
    setOptions(socket);
    auto place = connections.emplace(connections.end());
    auto self = shared_from_this();
    auto connection = HttpConnection::start(shared, socket, std::move(peer), [self, place] { self->freed(place); });
    *place = connection;
    return connection;
  }

  void freed(std::list<std::weak_ptr<HttpConnection>>::iterator place) {
    {
      MutexLock lock(mutex);
      connections.erase(place);
      oneFreed.notifyAll();
    }
    resume();
  }

  void resume() {
    MutexLock lock(mutex);
    if (!paused || stopping) return;
    paused = false;
    awaitConnection();
  }

  template <class F>
  void forEach(F action) {
    std::vector<std::shared_ptr<HttpConnection>> alive;
    {
      MutexLock lock(mutex);
      for (auto& connection : connections) {
        if (auto strong = connection.lock()) alive.push_back(std::move(strong));
      }
    }
    for (auto& connection : alive) action(*connection);
  }
};

Result<std::unique_ptr<HttpServer>> HttpServer::listen(base::AsioExecutor& executor, HttpServerOptions options,
                                                       Handler handler) {
  // OpenSSL writes to sockets in a way that raises the signal when the peer has gone.
  signal(SIGPIPE, SIG_IGN);
  CLEAT_TRY(Address address, parseAddress(options.address, options.port));
  auto failure = [&](const char* doing) {
    std::string where = addressText(address.storage), why = strerror(errno);
    if (errno == EADDRINUSE) why = "the port is taken by another process";
    return fail(Status::internal(std::string("cannot ") + doing + " " + where + ": " + why));
  };
  int socket = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return failure("listen on");
  auto state = std::make_shared<State>();
  MutexLock lock(state->mutex);
  state->listener = std::make_unique<boost::asio::posix::stream_descriptor>(executor.context(), socket);
  int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(socket, reinterpret_cast<sockaddr*>(&address.storage), address.size) != 0) return failure("listen on");
  if (::listen(socket, 1024) != 0) return failure("listen on");
  socklen_t size = sizeof address.storage;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address.storage), &size);
  state->port = ntohs(reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port);  // at the same place for IPv6
  state->maxConnections = options.maxConnections;
  state->shared = std::make_shared<ConnectionShared>(ConnectionShared{
      executor, std::move(options.tls), options.limits, std::move(handler), std::move(options.errorResponse)});
  std::unique_ptr<HttpServer> server(new HttpServer(state));
  state->awaitConnection();
  return server;
}

HttpServer::HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() { stop(std::chrono::milliseconds(0)); }

uint16_t HttpServer::port() const { return state_->port; }

size_t HttpServer::connectionCount() const {
  MutexLock lock(state_->mutex);
  return state_->connections.size();
}

void HttpServer::stop(std::chrono::milliseconds grace) {
  constexpr std::chrono::seconds kAfterKill{5};
  {
    MutexLock lock(state_->mutex);
    if (std::exchange(state_->stopping, true)) return;
    boost::system::error_code ignored;
    state_->listener->close(ignored);
  }
  state_->forEach([](HttpConnection& connection) { connection.drain(); });
  auto none = [this]() CLEAT_REQUIRES(state_->mutex) { return state_->connections.empty(); };
  {
    MutexLock lock(state_->mutex);
    if (state_->oneFreed.waitFor(state_->mutex, grace, none)) return;
  }
  state_->forEach([](HttpConnection& connection) { connection.kill(); });
  MutexLock lock(state_->mutex);
  if (!state_->oneFreed.waitFor(state_->mutex, kAfterKill, none)) {
    base::log(base::LogLevel::warn, "api",
              std::to_string(state_->connections.size()) + " requests did not end when the server was stopped");
  }
}

}  // namespace cleat::http
