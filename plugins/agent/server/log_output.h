// Where a log goes: the body of an HTTP answer in chunks, or the messages of a WebSocket (binary.k8s.io, or text in
// base64.binary.k8s.io). One call at a time. Network thread only; what is under way keeps it alive.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "server/session.h"

namespace cleat::agent {

class LogOutput {
 public:
  virtual ~LogOutput() = default;
  using Done = std::function<void(bool sent)>;

  // The head of the answer. `ended` is called when the client has gone; nothing is expected from it.
  virtual void begin(Done then, std::function<void()> ended) = 0;
  // `text` must stay valid until `then`.
  virtual void write(std::string_view text, Done then) = 0;
  // There is no more.
  virtual void finish(std::function<void()> then) = 0;
};

// As the request asks for it; nothing if it names only protocols that are not served.
std::shared_ptr<LogOutput> logOutput(SessionPtr session);

}  // namespace cleat::agent
