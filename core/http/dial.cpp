#include "core/http/dial.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "core/base/on_strand.h"
#include "core/http/deadline.h"
#include "core/http/socket_address.h"

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

void setOptions(int socket) {
  setConnectionOptions(socket, 15, 5, 3);
  const int unheardMs = 30'000;
  setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &unheardMs, sizeof unheardMs);
}

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

Task<Result<std::shared_ptr<SocketStream>>> dial(base::AsioExecutor& executor, std::shared_ptr<base::Strand> strand,
                                                 DialOptions options) {
  std::shared_ptr<Cutoff> cutoff = options.cutoff ? options.cutoff : std::make_shared<Cutoff>();
  auto late = std::make_shared<bool>(false);
  std::shared_ptr<Deadline> deadline = Deadline::make(executor, strand, [cutoff, late] {
    *late = true;
    cutoff->cut();
  });
  deadline->set(options.timeLimit);
  CLEAT_CO_TRY(Addresses addresses,
               co_await base::onStrand(*strand, resolveElsewhere(executor, options.host, options.port)));
  Status failure = Status::unavailable("no address");
  for (size_t i = 0; i < addresses.size() && !cutoff->isCut(); ++i) {
    const Address& address = addresses[i];
    int socket = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) co_return fail(Status::unavailable("cannot open a socket: " + std::string(strerror(errno))));
    setOptions(socket);
    int error = ::connect(socket, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0 ? 0 : errno;
    const std::string& name = options.serverName.empty() ? options.host : options.serverName;
    auto stream = SocketStream::make(executor, strand, socket, options.tls, SocketStream::Side::client, name);
    cutoff->attach(stream);
    if (error == EINPROGRESS) error = co_await finishConnecting(stream, socket);
    if (error != 0) {
      failure.message = strerror(error);
      continue;
    }
    Result<void> shaken = co_await stream->handshake();
    if (shaken) co_return stream;
    failure.message = shaken.error().message;
  }
  if (*late) co_return fail(Status::timeout("no answer in time"));
  co_return fail(failure);
}

}  // namespace cleat::http
