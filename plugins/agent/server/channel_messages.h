// How Kubernetes' streams share one WebSocket: each message begins with a byte that says its channel. The subprotocols
// whose name holds "base64." send text: the channel as a digit, and what follows in base64. Network thread only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/session.h"

namespace cleat::agent {

class ChannelCodec {
 public:
  explicit ChannelCodec(std::string_view protocol);

  // Whether messages are text rather than bytes.
  bool isText() const { return base64_; }

  // The message that carries these bytes. Valid until the next call.
  std::string_view encode(unsigned char channel, std::string_view bytes);

  struct Message {
    unsigned char channel = 0;
    std::string_view bytes;
  };
  // Nothing for a message that is empty or is not base64 where it has to be. Valid until the next call, and as long as
  // `text`.
  std::optional<Message> decode(std::string_view text);

 private:
  bool base64_;
  std::string out_, in_;
};

std::string encodeBase64(std::string_view bytes);

// The WebSocket subprotocol that the client names first among those that are served; empty if it names none at all, and
// nothing if none that it names is served.
std::optional<std::string> agreeOnSubprotocol(const HttpHead& request, const std::vector<std::string>& served);

}  // namespace cleat::agent
