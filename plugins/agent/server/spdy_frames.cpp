#include "server/spdy_frames.h"

#include <cleat/sdk/text.h>
#include <zlib.h>

#include <algorithm>

#include "server/spdy_dictionary.h"

namespace cleat::agent {
namespace {

constexpr uint32_t kVersion = 3;
constexpr size_t kHead = 8;
constexpr size_t kLongestFrame = 1u << 20;
constexpr size_t kLongestHeaders = 64 * 1024;
constexpr uint8_t kFin = 1;

uint32_t readNumber(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(static_cast<unsigned char>(bytes[at])) << 24 |
         static_cast<uint32_t>(static_cast<unsigned char>(bytes[at + 1])) << 16 |
         static_cast<uint32_t>(static_cast<unsigned char>(bytes[at + 2])) << 8 |
         static_cast<unsigned char>(bytes[at + 3]);
}

void appendNumber(std::string& out, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

std::string control(SpdyFrame::Type type, uint8_t flags, std::string_view body) {
  std::string out;
  appendNumber(out, 0x80000000u | kVersion << 16 | static_cast<uint32_t>(type));
  appendNumber(out, static_cast<uint32_t>(flags) << 24 | static_cast<uint32_t>(body.size()));
  out += body;
  return out;
}

std::unexpected<Status> wrong(std::string_view why) {
  return fail(Status::badRequest(concat("a frame of SPDY/3.1 is wrong: ", why)));
}

Bytef* bytesOf(std::string_view text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); }

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

}  // namespace

struct SpdyCodec::Compression {
  Compression() {
    deflateInit(&out, Z_DEFAULT_COMPRESSION);
    deflateSetDictionary(&out, bytesOf(kSpdyDictionary), kSpdyDictionary.size());
    inflateInit(&in);
  }
  ~Compression() {
    deflateEnd(&out);
    inflateEnd(&in);
  }
  z_stream out{}, in{};
};

SpdyCodec::SpdyCodec() : compression_(std::make_unique<Compression>()) {}
SpdyCodec::~SpdyCodec() = default;

Result<std::optional<SpdyFrame>> SpdyCodec::decode(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() < kHead) return std::nullopt;
  uint32_t first = readNumber(buffer_, 0);
  uint32_t second = readNumber(buffer_, 4);
  size_t length = second & 0xffffff;
  if (length > kLongestFrame) return wrong("it is longer than 1 MiB");
  if (buffer_.size() < kHead + length) return std::nullopt;
  SpdyFrame frame;
  frame.fin = (second >> 24 & kFin) != 0;
  std::string_view body = std::string_view(buffer_).substr(kHead, length);
  bool isControl = (first & 0x80000000u) != 0;
  if (!isControl) {
    frame.stream = first & 0x7fffffff;
    frame.bytes = body;
  } else {
    if ((first >> 16 & 0x7fff) != kVersion) return wrong("it has another version");
    frame.type = static_cast<SpdyFrame::Type>(first & 0xffff);
    bool numbered = frame.type != SpdyFrame::Type::settings;
    if (numbered && length < 4) return wrong("it is too short");
    if (numbered) frame.stream = readNumber(body, 0) & 0x7fffffff;
    bool opens = frame.type == SpdyFrame::Type::synStream;
    bool hasHeaders = opens || frame.type == SpdyFrame::Type::synReply || frame.type == SpdyFrame::Type::headers;
    if (hasHeaders) {
      size_t skip = opens ? 10 : 4;
      if (length < skip) return wrong("it is too short");
      CLEAT_TRY(auto headers, readHeaders(body.substr(skip)));
      frame.headers = std::move(headers);
    }
  }
  buffer_.erase(0, kHead + length);
  return frame;
}

Result<SpdyHeaders> SpdyCodec::readHeaders(std::string_view compressed) {
  std::string plain;
  z_stream& in = compression_->in;
  in.next_in = bytesOf(compressed);
  in.avail_in = static_cast<uInt>(compressed.size());
  while (true) {
    char block[4096];
    in.next_out = reinterpret_cast<Bytef*>(block);
    in.avail_out = sizeof block;
    int result = inflate(&in, Z_SYNC_FLUSH);
    if (result == Z_NEED_DICT) {
      result = inflateSetDictionary(&in, bytesOf(kSpdyDictionary), kSpdyDictionary.size());
      if (result == Z_OK) continue;
    }
    if (result != Z_OK && result != Z_BUF_ERROR) return wrong("its headers cannot be decompressed");
    plain.append(block, sizeof block - in.avail_out);
    if (plain.size() > kLongestHeaders) return wrong("its headers are longer than 64 KiB");
    if (in.avail_in == 0 && in.avail_out != 0) break;
    if (result == Z_BUF_ERROR) break;
  }
  size_t at = 0;
  auto takeText = [&](std::string& text) {
    if (plain.size() - at < 4) return false;
    uint32_t size = readNumber(plain, at);
    at += 4;
    if (plain.size() - at < size) return false;
    text = plain.substr(at, size);
    at += size;
    return true;
  };
  if (plain.size() < 4) return wrong("its headers are incomplete");
  uint32_t count = readNumber(plain, 0);
  at = 4;
  SpdyHeaders headers;
  for (uint32_t i = 0; i < count; ++i) {
    std::string name;
    std::string value;
    if (!takeText(name) || !takeText(value)) return wrong("its headers are incomplete");
    headers.emplace_back(lowered(name), std::move(value));
  }
  return headers;
}

std::string SpdyCodec::writeHeaders(const SpdyHeaders& headers) {
  std::string plain;
  appendNumber(plain, static_cast<uint32_t>(headers.size()));
  for (const auto& [name, value] : headers) {
    appendNumber(plain, static_cast<uint32_t>(name.size()));
    plain += lowered(name);
    appendNumber(plain, static_cast<uint32_t>(value.size()));
    plain += value;
  }
  std::string compressed;
  z_stream& out = compression_->out;
  out.next_in = bytesOf(plain);
  out.avail_in = static_cast<uInt>(plain.size());
  do {
    char block[4096];
    out.next_out = reinterpret_cast<Bytef*>(block);
    out.avail_out = sizeof block;
    deflate(&out, Z_SYNC_FLUSH);
    compressed.append(block, sizeof block - out.avail_out);
  } while (out.avail_out == 0);
  return compressed;
}

std::string SpdyCodec::data(uint32_t stream, std::string_view bytes, bool fin) const {
  std::string out;
  appendNumber(out, stream);
  appendNumber(out, (fin ? static_cast<uint32_t>(kFin) << 24 : 0) | static_cast<uint32_t>(bytes.size()));
  out += bytes;
  return out;
}

std::string SpdyCodec::synStream(uint32_t stream, const SpdyHeaders& headers) {
  std::string body;
  appendNumber(body, stream);
  appendNumber(body, 0);
  body.append(2, '\0');
  body += writeHeaders(headers);
  return control(SpdyFrame::Type::synStream, 0, body);
}

std::string SpdyCodec::synReply(uint32_t stream, const SpdyHeaders& headers) {
  std::string body;
  appendNumber(body, stream);
  body += writeHeaders(headers);
  return control(SpdyFrame::Type::synReply, 0, body);
}

std::string SpdyCodec::rstStream(uint32_t stream, uint32_t why) const {
  std::string body;
  appendNumber(body, stream);
  appendNumber(body, why);
  return control(SpdyFrame::Type::rstStream, 0, body);
}

std::string SpdyCodec::ping(uint32_t number) const {
  std::string body;
  appendNumber(body, number);
  return control(SpdyFrame::Type::ping, 0, body);
}

std::string SpdyCodec::goAway(uint32_t lastStream) const {
  std::string body;
  appendNumber(body, lastStream);
  appendNumber(body, 0);
  return control(SpdyFrame::Type::goAway, 0, body);
}

std::string_view headerIn(const SpdyHeaders& headers, std::string_view name) {
  std::string wanted = lowered(name);
  for (const auto& [key, value] : headers) {
    if (key == wanted) return value;
  }
  return {};
}

}  // namespace cleat::agent
