#include "streams/stream_frames.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace cleat::runtime {
namespace {

namespace json = boost::json;

constexpr size_t kHeader = 5;

int sizeAt(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (!value || !value->is_int64()) return 0;
  int64_t size = value->get_int64();
  return size > 0 && size <= 65535 ? int(size) : 0;
}

}  // namespace

void appendFrame(std::string& out, Channel channel, std::string_view bytes) {
  uint32_t size = uint32_t(bytes.size());
  out += char(channel);
  for (int shift : {24, 16, 8, 0}) out += char(size >> shift);
  out += bytes;
}

bool FrameReader::feed(std::string_view bytes, const Take& take) {
  pending_ += bytes;
  std::string_view rest = pending_;
  while (rest.size() >= kHeader) {
    uint32_t size = 0;
    for (size_t i = 1; i < kHeader; ++i) size = size << 8 | uint8_t(rest[i]);
    if (size > kMaxFrame || uint8_t(rest[0]) > uint8_t(Channel::resize)) return false;
    if (rest.size() < kHeader + size) break;
    take(Channel(rest[0]), rest.substr(kHeader, size));
    rest.remove_prefix(kHeader + size);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return true;
}

TerminalSize parseResize(std::string_view text) {
  json::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) return {};
  return {sizeAt(value.get_object(), "Width"), sizeAt(value.get_object(), "Height")};
}

std::string exitResult(int exitCode) { return json::serialize(json::object{{"exitCode", exitCode}}); }

std::string errorResult(std::string_view message) {
  return json::serialize(json::object{{"error", json::string_view(message.data(), message.size())}});
}

}  // namespace cleat::runtime
