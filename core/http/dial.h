// Connecting to a server: its name, its address, the TCP connection and the handshake.
#pragma once

#include <cleat/sdk/status.h>

#include <memory>
#include <string>

#include "core/http/socket_stream.h"

namespace cleat::http {

// Closes a stream that may not be there yet, which makes every wait on it fail. Used on the stream's strand.
class Cutoff {
 public:
  void attach(const std::shared_ptr<SocketStream>& stream) {
    stream_ = stream;
    if (cut_) stream->close();
  }
  void cut() {
    cut_ = true;
    if (auto stream = stream_.lock()) stream->close();
  }
  bool isCut() const { return cut_; }

 private:
  std::weak_ptr<SocketStream> stream_;
  bool cut_ = false;
};

struct DialOptions {
  std::string host;  // a name or an address, an IPv6 address without its brackets
  uint16_t port = 0;
  std::shared_ptr<TlsContext> tls;  // null: plain
  std::string serverName = {};      // whom the certificate is to be for; empty: `host`
  std::chrono::milliseconds timeLimit{10'000};
  std::shared_ptr<Cutoff> cutoff;  // attached to the stream; null: nobody may want to break it off
};

// A stream on `strand`, shaken hands with; otherwise 503, or 504 after the time limit, with the reason alone as its
// message. A peer that is gone without a word is noticed within half a minute, also while nothing is being sent. Begins
// and ends on the strand.
Task<Result<std::shared_ptr<SocketStream>>> dial(base::AsioExecutor& executor, std::shared_ptr<base::Strand> strand,
                                                 DialOptions options);

}  // namespace cleat::http
