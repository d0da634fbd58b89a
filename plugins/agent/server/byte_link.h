// A connection that carries plain bytes after an upgrade: the TLS socket itself, or messages of a WebSocket on it (at
// most 1 MiB each). One read and one write at a time. Network thread only.
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
  // At once.
  virtual void close() = 0;
};
using ByteLinkPtr = std::shared_ptr<ByteLink>;

// A WebSocket: a read gives one message, a write sends one.
class MessageLink : public ByteLink {
 public:
  // Says that there is no more and waits for the other side to say so too, ten seconds at most. Nothing can be written
  // then.
  virtual void finish(std::function<void()> then) = 0;
};
using MessageLinkPtr = std::shared_ptr<MessageLink>;

// Answer the session's request with 101 and give what follows it; `then` is not called if the client has gone.
void upgradeToSpdy(SessionPtr session, const std::string& streamProtocol, std::function<void(ByteLinkPtr)> then);
// `protocol` is empty if the client named none. What is written is sent as messages of that type.
enum class MessageType { binary, text };
void upgradeToWebSocket(SessionPtr session, const std::string& protocol, MessageType type,
                        std::function<void(MessageLinkPtr)> then);

}  // namespace cleat::agent
