// The gRPC health check, byte by byte.
#include "probes/grpc_health.h"

#include <gtest/gtest.h>

namespace cleat::agent {
namespace {

std::string frame(char type, char flags, char stream, const std::string& body) {
  return std::string{
             '\0',  static_cast<char>(body.size() >> 8), static_cast<char>(body.size()), type, flags, '\0', '\0', '\0',
             stream} +
         body;
}
std::string answer(char status) { return std::string("\0\0\0\0\2\x08", 6) + status; }

TEST(GrpcHealth, AServerThatServesIsHealthy) {
  GrpcHealthCheck check("10.0.0.1:80", "web");
  EXPECT_TRUE(check.opening().starts_with("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  std::string reply = check.take(frame(4, 0, 0, ""));
  EXPECT_EQ(reply, frame(4, 1, 0, "")) << "settings are acknowledged";
  std::string bytes = frame(1, 4, 1, "headers") + frame(0, 0, 1, answer(1)) + frame(1, 5, 1, "trailers");
  for (char c : bytes) check.take(std::string_view(&c, 1));
  EXPECT_TRUE(check.done());
  EXPECT_EQ(check.verdict(), "");
}

TEST(GrpcHealth, EverythingElseIsNot) {
  GrpcHealthCheck notServing("a", "");
  notServing.take(frame(0, 1, 1, answer(2)));
  EXPECT_EQ(notServing.verdict(), "service unhealthy (responded with \"NOT_SERVING\")");
  GrpcHealthCheck unknown("a", "x");
  unknown.take(frame(1, 5, 1, "trailers only"));
  EXPECT_NE(unknown.verdict(), "");
  GrpcHealthCheck silent("a", "x");
  EXPECT_EQ(silent.verdict(), "timeout: health rpc did not complete");
  GrpcHealthCheck http1("a", "x");
  http1.take("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_TRUE(http1.done());
  EXPECT_NE(http1.verdict(), "");
}

}  // namespace
}  // namespace cleat::agent
