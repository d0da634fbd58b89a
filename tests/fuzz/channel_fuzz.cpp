// What a client sends over a WebSocket's channels, as bytes and in base64.
#include "plugins/agent/server/channel_messages.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  for (const char* protocol : {"v4.channel.k8s.io", "v4.base64.channel.k8s.io"}) {
    agent::ChannelCodec codec(protocol);
    auto message = codec.decode(input);
    if (!message) continue;
    std::string bytes(message->bytes);
    unsigned char channel = message->channel;
    std::string again(codec.encode(channel, bytes));
    auto second = codec.decode(again);
    fuzz::require(second && second->channel == channel && second->bytes == bytes, "a message changes on its way",
                  input);
  }
  return 0;
}
