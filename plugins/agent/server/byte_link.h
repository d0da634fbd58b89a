// A connection that carries plain bytes after an upgrade: the TLS socket itself, or binary messages of a WebSocket on it.
// One read and one write at a time. Network thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "server/session.h"

namespace cleat::agent {

class ByteLink {
 public:
  virtual ~ByteLink() = default;
  // The bytes are valid until the next call.
  virtual void read(std::function<void(ErrorCode, std::string_view)> then) = 0;
  // `bytes` must stay valid until `then`.
  virtual void write(std::string_view bytes, std::function<void(ErrorCode)> then) = 0;
  virtual void close() = 0;
};
using ByteLinkPtr = std::shared_ptr<ByteLink>;

// Answer the session's request with 101 and give what follows it; `then` is not called if the client has gone.
void upgradeToSpdy(SessionPtr session, const std::string& streamProtocol, std::function<void(ByteLinkPtr)> then);
void upgradeToWebSocket(SessionPtr session, const std::string& protocol, std::function<void(ByteLinkPtr)> then);

}  // namespace cleat::agent
