#include "probes/grpc_health.h"

#include <cleat/sdk/kubernetes_version.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::agent {
namespace {

// RFC 9113, section 6.
enum FrameType : unsigned char { kData = 0, kHeaders = 1, kRstStream = 3, kSettings = 4, kPing = 6, kGoAway = 7 };
constexpr unsigned char kEndStream = 1;  // of data and headers
constexpr unsigned char kAck = 1;        // of settings and ping
constexpr unsigned char kEndHeaders = 4;
constexpr unsigned char kPadded = 8;
constexpr size_t kHead = 9;
constexpr size_t kLongestFrame = 16384;
constexpr size_t kLongestMessage = 4096;

std::string frame(unsigned char type, unsigned char flags, uint32_t stream, std::string_view body) {
  std::string out;
  for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>(body.size() >> shift & 0xff);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(stream >> shift & 0xff);
  return out += body;
}

// A literal header field without indexing and without Huffman coding (RFC 7541, section 6.2.2).
void addHeader(std::string& block, std::string_view name, std::string_view value) {
  auto addText = [&](std::string_view text) {
    if (text.size() < 127) {
      block += static_cast<char>(text.size());
    } else {
      block += static_cast<char>(127);
      size_t rest = text.size() - 127;
      for (; rest >= 128; rest >>= 7) block += static_cast<char>((rest & 127) | 128);
      block += static_cast<char>(rest);
    }
    block += text;
  };
  block += '\0';
  addText(name);
  addText(value);
}

}  // namespace

GrpcHealthCheck::GrpcHealthCheck(std::string_view authority, std::string_view service) {
  opening_ = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  opening_ += frame(kSettings, 0, 0, {});
  std::string headers;
  addHeader(headers, ":method", "POST");
  addHeader(headers, ":scheme", "http");
  addHeader(headers, ":path", "/grpc.health.v1.Health/Check");
  addHeader(headers, ":authority", authority);
  addHeader(headers, "content-type", "application/grpc");
  addHeader(headers, "te", "trailers");
  addHeader(headers, "user-agent", concat("kube-probe/", kKubernetesRelease));
  opening_ += frame(kHeaders, kEndHeaders, 1, headers);
  // HealthCheckRequest: field 1 is the service's name, left out when empty.
  std::string request;
  if (!service.empty()) {
    service = service.substr(0, 127);
    request += '\x0a';
    request += static_cast<char>(service.size());
    request += service;
  }
  std::string message(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) message += static_cast<char>(request.size() >> shift & 0xff);
  opening_ += frame(kData, kEndStream, 1, message + request);
}

std::string GrpcHealthCheck::take(std::string_view bytes) {
  buffer_ += bytes;
  std::string reply;
  while (!done_ && buffer_.size() >= kHead) {
    auto byte = [&](size_t at) { return static_cast<unsigned char>(buffer_[at]); };
    size_t length = size_t{byte(0)} << 16 | size_t{byte(1)} << 8 | byte(2);
    if (length > kLongestFrame) {
      problem_ = "the server does not speak HTTP/2";
      done_ = true;
      break;
    }
    if (buffer_.size() < kHead + length) break;
    uint32_t stream =
        (uint32_t{byte(5)} << 24 | uint32_t{byte(6)} << 16 | uint32_t{byte(7)} << 8 | byte(8)) & 0x7fffffff;
    takeFrame(byte(3), byte(4), stream, std::string_view(buffer_).substr(kHead, length), reply);
    buffer_.erase(0, kHead + length);
  }
  return reply;
}

void GrpcHealthCheck::takeFrame(unsigned char type, unsigned char flags, uint32_t stream, std::string_view body,
                                std::string& reply) {
  if (type == kSettings && (flags & kAck) == 0) reply += frame(kSettings, kAck, 0, {});
  if (type == kPing && (flags & kAck) == 0) reply += frame(kPing, kAck, 0, body);
  if (type == kGoAway || (type == kRstStream && stream == 1)) {
    problem_ = "the server broke the call off";
    done_ = true;
  }
  if (stream != 1 || (type != kData && type != kHeaders)) return;
  if (type == kData) {
    if ((flags & kPadded) != 0 && !body.empty()) {
      size_t padding = static_cast<unsigned char>(body[0]);
      body.remove_prefix(1);
      body = body.substr(0, body.size() - std::min(padding, body.size()));
    }
    if (message_.size() < kLongestMessage) message_ += body;
  }
  if ((flags & kEndStream) != 0) done_ = true;
}

std::string GrpcHealthCheck::verdict() const {
  // HealthCheckResponse behind five bytes of its own: field 1, a number; 1 is SERVING.
  constexpr size_t kPrefix = 5;
  if (message_.size() >= kPrefix + 2 && message_[kPrefix] == '\x08' && message_[kPrefix + 1] == 1) return {};
  if (!problem_.empty()) return problem_;
  if (!done_) return "timeout: health rpc did not complete";
  if (message_.size() < kPrefix)
    return "error: health rpc failed: the service is unknown or does not answer health checks";
  int status = message_.size() >= kPrefix + 2 ? message_[kPrefix + 1] : 0;
  return concat("service unhealthy (responded with \"", status == 2 ? "NOT_SERVING" : "UNKNOWN", "\")");
}

}  // namespace cleat::agent
