// The bytes of a SPDY/3.1 client, whole and in pieces.
#include "plugins/agent/server/spdy_frames.h"
#include "tests/fuzz/fuzz.h"

namespace cleat::fuzz {
namespace {

struct Read {
  std::vector<agent::SpdyFrame> frames;
  bool failed = false;
};

Read readAll(std::string_view input, size_t piece) {
  agent::SpdyCodec codec;
  Read read;
  while (!input.empty() && !read.failed) {
    std::string_view bytes = input.substr(0, piece);
    input.remove_prefix(bytes.size());
    while (true) {
      auto frame = codec.decode(bytes);
      bytes = {};
      read.failed = !frame;
      if (!frame || !*frame) break;
      read.frames.push_back(std::move(**frame));
    }
  }
  return read;
}

}  // namespace
}  // namespace cleat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  fuzz::Read whole = fuzz::readAll(input, size), pieces = fuzz::readAll(input, 3);
  fuzz::require(whole.failed == pieces.failed && whole.frames.size() == pieces.frames.size(),
                "frames depend on how they were cut", input);
  for (size_t i = 0; i < whole.frames.size(); ++i) {
    const agent::SpdyFrame &a = whole.frames[i], &b = pieces.frames[i];
    fuzz::require(
        a.type == b.type && a.stream == b.stream && a.fin == b.fin && a.headers == b.headers && a.bytes == b.bytes,
        "a frame depends on how it was cut", input);
    (void)agent::headerIn(a.headers, "streamType");
  }
  return 0;
}
