// HttpServer: listens on an address and gives every request to one handler, each connection on a strand of its own on
// the executor's threads.
//
//   auto server = HttpServer::listen(executor, options, handler);   // port taken: one line that names the address
//   …
//   server->stop(5s);   // not from one of the executor's threads
//
// A client is a stranger until the handler says that it knows it (Exchange::setKnown). Strangers have a share of their
// own (core/http/strangers.h), and their handshakes take turns (core/http/handshake_turns.h), so that however many
// there are, whoever is known finds room.
//
// `stop` takes no new connections, lets requests finish, ends streams and, after the grace, breaks off what is left.
// When it returns every connection is freed with all that it held; only a handler that has not returned five seconds
// later keeps its own.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/http/handshake_turns.h"
#include "core/http/http_connection.h"

namespace cleat::http {

// A socket at which clients may knock already, though nobody opens before there is a server: whoever starts slowly
// takes it first, so that those who come early wait and need not come again.
class ListeningSocket {
 public:
  // The error names the address, and says when its port is taken.
  static Result<ListeningSocket> at(const std::string& address, uint16_t port);
  ListeningSocket() = default;
  ListeningSocket(ListeningSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ListeningSocket& operator=(ListeningSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~ListeningSocket();

  explicit operator bool() const { return fd_ >= 0; }
  uint16_t port() const;
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // numeric; "::" or "0.0.0.0" for all
  uint16_t port = 0;                  // 0: any free one
  ListeningSocket socket;             // instead of the two, where there is one
  std::shared_ptr<TlsContext> tls;    // null: plain, for tests
  ConnectionLimits limits;
  // In all. More wait in the kernel's backlog, unless there is a stranger who can be put out for them.
  size_t maxConnections = 8192;
  StrangerLimits strangers;
  HandshakeLimits handshakes;
  std::function<Response(int code)> errorResponse;
  std::function<void()> onFailedHandshake;  // called for each, on any thread; may be empty
};

class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> listen(base::AsioExecutor& executor, HttpServerOptions options,
                                                    Handler handler);
  ~HttpServer();
  uint16_t port() const;
  size_t connectionCount() const;
  size_t strangerCount() const;
  void stop(std::chrono::milliseconds grace);

 private:
  struct State;
  explicit HttpServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace cleat::http
