#include "core/http/http_server.h"

#include <cleat/sdk/mutex.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <list>

#include "core/base/log.h"
#include "core/http/socket_address.h"

namespace cleat::http {
namespace {

constexpr std::chrono::milliseconds kAcceptPause{100};  // after running out of descriptors
constexpr int kAcceptedAtOnce = 64;                     // then those who are here have their turn

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<State> {
  std::shared_ptr<ConnectionShared> shared;
  std::shared_ptr<Strangers> strangers;
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
      if (!error) self->acceptSome();
    });
  }

  void acceptSome() {
    // For after the lock: who is freed takes it.
    std::vector<std::shared_ptr<HttpConnection>> begun;
    std::vector<std::function<void()>> putOut;
    acceptUnder(begun, putOut);
    for (auto& each : putOut) each();
  }

  void acceptUnder(std::vector<std::shared_ptr<HttpConnection>>& begun, std::vector<std::function<void()>>& putOut)
      CLEAT_EXCLUDES(mutex) {
    MutexLock lock(mutex);
    for (int accepted = 0; accepted < kAcceptedAtOnce;) {
      if (stopping) return;
      if (connections.size() >= maxConnections + putOut.size()) {
        if (!somebodyWaits()) break;
        std::function<void()> one = strangers->takeOne();
        if (!one) {
          paused = true;
          return;
        }
        putOut.push_back(std::move(one));
      }
      AcceptedSocket next;
      next.socket = accept4(listener->native_handle(), next.from.get(), &next.from.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (next.socket >= 0) {
        ++accepted;
        Strangers::Admission admission = strangers->admit(next.from.origin());
        if (admission.putOut) putOut.push_back(std::move(admission.putOut));
        next.place = std::move(admission.place);
        next.place ? begun.push_back(begin(std::move(next))) : (void)::close(next.socket);
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

  bool somebodyWaits() CLEAT_REQUIRES(mutex) {
    pollfd one{.fd = listener->native_handle(), .events = POLLIN, .revents = 0};
    return poll(&one, 1, 0) > 0;
  }

  std::shared_ptr<HttpConnection> begin(AcceptedSocket accepted) CLEAT_REQUIRES(mutex) {
    setOptions(accepted.socket);
    auto place = connections.emplace(connections.end());
    auto self = shared_from_this();
    auto connection = HttpConnection::start(shared, std::move(accepted), [self, place] { self->freed(place); });
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

Result<ListeningSocket> ListeningSocket::at(const std::string& text, uint16_t port) {
  CLEAT_TRY(SocketAddress address, SocketAddress::parse(text, port));
  ListeningSocket socket;
  socket.fd_ = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(socket.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (socket.fd_ >= 0 && bind(socket.fd_, address.get(), address.size) == 0 && ::listen(socket.fd_, 1024) == 0) {
    return socket;
  }
  const std::string why = errno == EADDRINUSE ? "the port is taken by another process" : strerror(errno);
  return fail(Status::internal("cannot listen on " + address.text() + ": " + why));
}

ListeningSocket::~ListeningSocket() {
  if (fd_ >= 0) ::close(fd_);
}

uint16_t ListeningSocket::port() const {
  SocketAddress address;
  getsockname(fd_, address.get(), &address.size);
  return address.port();
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(base::AsioExecutor& executor, HttpServerOptions options,
                                                       Handler handler) {
  // OpenSSL writes to sockets in a way that raises the signal when the peer has gone.
  signal(SIGPIPE, SIG_IGN);
  ListeningSocket socket = std::move(options.socket);
  if (!socket) {
    CLEAT_TRY(socket, ListeningSocket::at(options.address, options.port));
  }
  auto state = std::make_shared<State>();
  MutexLock lock(state->mutex);
  state->port = socket.port();
  state->listener = std::make_unique<boost::asio::posix::stream_descriptor>(executor.context(), socket.release());
  state->maxConnections = options.maxConnections;
  state->strangers = std::make_shared<Strangers>(options.strangers);
  state->shared = std::make_shared<ConnectionShared>(ConnectionShared{
      executor, std::move(options.tls), options.limits, std::move(handler), std::move(options.errorResponse),
      std::make_shared<HandshakeTurns>(executor, options.handshakes), std::move(options.onFailedHandshake)});
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

size_t HttpServer::strangerCount() const { return state_->strangers->connections(); }

void HttpServer::stop(std::chrono::milliseconds grace) {
  constexpr std::chrono::seconds kAfterKill{5};
  {
    MutexLock lock(state_->mutex);
    if (std::exchange(state_->stopping, true)) return;
    boost::system::error_code ignored;
    state_->listener->close(ignored);
  }
  state_->shared->turns->close();
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
