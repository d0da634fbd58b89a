// The frames in which exec and attach carry several streams over one socket (StreamResults in role/runtime.capnp): one
// byte channel, four bytes length (big-endian), the bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cleat::runtime {

enum class Channel : uint8_t { standardInput = 0, standardOutput = 1, standardError = 2, result = 3, resize = 4 };

// Longer ones are a mistake or an attack: senders cut their streams into pieces.
inline constexpr size_t kMaxFrame = 1u << 20;

void appendFrame(std::string& out, Channel channel, std::string_view bytes);

// Takes bytes as they come and gives whole frames.
class FrameReader {
 public:
  using Take = std::function<void(Channel, std::string_view)>;
  // False: what came is not of this protocol.
  bool feed(std::string_view bytes, const Take& take);

 private:
  std::string pending_;
};

struct TerminalSize {
  int width = 0, height = 0;
};
// From the JSON of a resize frame; zeros when it is none.
TerminalSize parseResize(std::string_view json);

// The JSON of a result frame.
std::string exitResult(int exitCode);
std::string errorResult(std::string_view message);

}  // namespace cleat::runtime
