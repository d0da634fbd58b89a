// Connecting to another server: its name, its address, the TCP connection and the handshake, within a time limit.
#pragma once

#include <cleat/sdk/status.h>

#include <memory>
#include <string>

#include "core/http/socket_stream.h"

namespace cleat::http {

struct DialOptions {
  std::string host;
  uint16_t port = 0;
  std::shared_ptr<TlsContext> tls;  // null: plain
  std::chrono::milliseconds timeLimit{10'000};
};

// A stream on `strand`, shaken hands with; 503 naming the address otherwise. To be awaited on the strand; may resume elsewhere.
Task<Result<std::shared_ptr<SocketStream>>> dial(base::AsioExecutor& executor,
                                                         std::shared_ptr<base::Strand> strand, DialOptions options);

}  // namespace cleat::http
