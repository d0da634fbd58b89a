// The frames of exec and attach between the agent and the runtime, whole and in pieces, and the sizes of terminals.
#include "plugins/runtime-oci/streams/stream_frames.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  auto readAll = [&](size_t piece, std::string& all) {
    runtime::FrameReader reader;
    bool fine = true;
    for (size_t at = 0; fine && at < input.size(); at += piece) {
      fine = reader.feed(input.substr(at, piece), [&](runtime::Channel channel, std::string_view bytes) {
        runtime::appendFrame(all, channel, bytes);
        if (channel == runtime::Channel::resize) (void)runtime::parseResize(bytes);
      });
    }
    return fine;
  };
  std::string whole, pieces;
  bool fine = readAll(size, whole);
  fuzz::require(readAll(2, pieces) == fine && whole == pieces, "frames depend on how they were cut", input);
  fuzz::require(input.starts_with(whole), "frames are written otherwise than they were read", input);
  (void)runtime::parseResize(input);
  return 0;
}
