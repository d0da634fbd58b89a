#include "core/http/dial.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace cleat::http {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};
using Addresses = std::vector<Address>;

// Blocks, unless the host is an address itself.
Result<Addresses> resolve(const std::string& host, uint16_t port, bool numericOnly) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (numericOnly ? AI_NUMERICHOST : 0);
  int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return fail(Status::unavailable("cannot find the address of " + host + ": " + gai_strerror(error)));
  Addresses addresses;
  for (addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Address address;
    memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
    address.size = each->ai_addrlen;
    addresses.push_back(address);
  }
  freeaddrinfo(found);
  return addresses;
}

Task<Result<Addresses>> resolveElsewhere(base::AsioExecutor& executor, std::string host, uint16_t port) {
  Result<Addresses> numeric = resolve(host, port, true);
  if (numeric) co_return numeric;
  Completion<Result<Addresses>> resolved;
  executor.postBlocking([resolved, host, port]() mutable { resolved.complete(resolve(host, port, false)); });
  co_return co_await resolved;
}

struct OnStrand {
  base::Strand& strand;
  bool await_ready() const { return strand.runsHere(); }
  void await_suspend(std::coroutine_handle<> waiting) const {
    strand.post([waiting] { waiting.resume(); });
  }
  void await_resume() const {}
};

// Closes the stream, which makes every wait on it fail, unless it was disarmed before.
class Limit {
 public:
  Limit(base::Executor& executor, const std::shared_ptr<base::Strand>& strand,
        const std::shared_ptr<SocketStream>& stream, int64_t at)
      : executor_(executor) {
    std::weak_ptr<SocketStream> weak = stream;
    std::chrono::nanoseconds left(std::max<int64_t>(at - executor.now(), 0));
    timer_ = executor.after(left, [strand, weak] {
      strand->post([weak] {
        if (auto stream = weak.lock()) stream->close();
      });
    });
  }
  ~Limit() { executor_.cancelTimer(timer_); }
  Limit(const Limit&) = delete;

 private:
  base::Executor& executor_;
  base::TimerId timer_;
};

// The error number of a connection that was begun, 0 when it is there.
Task<int> finishConnecting(std::shared_ptr<SocketStream> stream, int socket) {
  co_await stream->writable();
  if (!stream->isOpen()) co_return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  co_return error;
}

}  // namespace

Task<Result<std::shared_ptr<SocketStream>>> dial(base::AsioExecutor& executor,
                                                         std::shared_ptr<base::Strand> strand, DialOptions options) {
  const std::string where = options.host + ":" + std::to_string(options.port);
  int64_t until = executor.now() + std::chrono::nanoseconds(options.timeLimit).count();
  Result<Addresses> addresses = co_await resolveElsewhere(executor, options.host, options.port);
  OnStrand back{*strand};
  co_await back;
  if (!addresses) co_return fail(addresses.error());
  Status failure = Status::unavailable("error trying to reach " + where + ": no address");
  for (size_t i = 0; i < addresses->size(); ++i) {
    int socket = ::socket((*addresses)[i].storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) co_return fail(Status::unavailable("cannot open a socket: " + std::string(strerror(errno))));
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    const Address& address = (*addresses)[i];
    int error = ::connect(socket, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0 ? 0 : errno;
    auto stream = SocketStream::make(executor, strand, socket, options.tls, SocketStream::Side::client, options.host);
    Limit limit(executor, strand, stream, until);
    if (error == EINPROGRESS) error = co_await finishConnecting(stream, socket);
    if (error != 0) {
      failure.message = "error trying to reach " + where + ": " + strerror(error);
      continue;
    }
    Result<void> shaken = co_await stream->handshake();
    if (!shaken) {
      failure.message = "error trying to reach " + where + ": " + shaken.error().message;
      continue;
    }
    co_return stream;
  }
  co_return fail(failure);
}

}  // namespace cleat::http
