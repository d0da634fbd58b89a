// A watch over a WebSocket (RFC 6455), as clients ask for it that have no streams of HTTP: each event is a message of
// its own. Nothing is expected from the client but that it may close.
//
//   if (asksForWebSocket(exchange.request())) {
//     std::unique_ptr<WatchSocket> socket = co_await WatchSocket::open(exchange, WatchSocket::Framing::text);
//     bool open = socket && co_await socket->send(event);
//   }
#pragma once

#include <cleat/sdk/task.h>

#include <memory>
#include <string>

#include "core/http/exchange.h"
#include "core/http/wake_signal.h"

namespace cleat::api {

bool asksForWebSocket(const http::Request& request);

// On the exchange's strand.
class WatchSocket {
 public:
  enum class Framing { text, binary };
  // Null when the client has gone.
  static Task<std::unique_ptr<WatchSocket>> open(http::Exchange& exchange, Framing framing);
  ~WatchSocket();

  // Completes when the socket has taken all of it; false when the client has gone.
  Task<bool> send(std::string message);
  // Says that this is the end.
  Task<void> end();
  bool closed() const;
  // Called once, when the client closes or goes.
  void onClosed(base::Work work);

 private:
  struct Connection;
  explicit WatchSocket(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  // Shared with the callbacks of the stream.
  std::shared_ptr<Connection> connection_;
};

}  // namespace cleat::api
