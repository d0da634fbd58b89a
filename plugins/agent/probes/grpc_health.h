// One call of grpc.health.v1.Health/Check over HTTP/2 without TLS, as bytes: what to send first, and what to answer to
// what comes, until the server has said whether it serves. Only what such a call needs of HTTP/2 is here: one stream,
// headers that are not compressed, and answers' headers that are not read (the message itself says enough).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cleat::agent {

class GrpcHealthCheck {
 public:
  GrpcHealthCheck(std::string_view authority, std::string_view service);

  const std::string& opening() const { return opening_; }
  // Takes what the server sent and gives what to send back.
  std::string take(std::string_view bytes);

  bool done() const { return done_; }
  // Empty when it serves; else why the probe fails.
  std::string verdict() const;

 private:
  void takeFrame(unsigned char type, unsigned char flags, uint32_t stream, std::string_view body, std::string& reply);

  std::string opening_, buffer_, message_;
  std::string problem_;
  bool done_ = false;
};

}  // namespace cleat::agent
