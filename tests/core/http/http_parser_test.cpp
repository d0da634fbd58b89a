// HTTP messages that come in pieces, however they are cut.
#include "core/http/http_parser.h"

#include <gtest/gtest.h>

namespace cleat::http {
namespace {

// As a connection does it: what the parser leaves is given again, with more behind it.
template <class Feed>
void feedInPieces(std::string_view message, size_t piece, Feed feed) {
  std::string waiting;
  for (size_t at = 0; at < message.size(); at += piece) {
    waiting += message.substr(at, piece);
    waiting.erase(0, feed(waiting));
  }
}

TEST(RequestParser, TakesABodyInChunksHoweverItIsCut) {
  const std::string head = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {"0\r\n\r\n", ""},
      {"000\r\n\r\n", ""},
      {"0;a=b\r\nTrailer: c\r\n\r\n", ""},
      {"1\r\na\r\n0\r\n\r\n", "a"},
      {"3;x\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", "abc0123456789"},
  };
  for (const auto& [chunks, body] : cases) {
    for (size_t piece = 1; piece <= head.size() + chunks.size(); ++piece) {
      RequestParser parser(MessageLimits{});
      feedInPieces(head + chunks, piece, [&](std::string_view bytes) { return parser.feed(bytes); });
      ASSERT_EQ(parser.state(), RequestParser::State::done) << chunks << " in pieces of " << piece;
      EXPECT_EQ(parser.take().body, body) << chunks << " in pieces of " << piece;
    }
  }
}

TEST(ResponseParser, TakesABodyInChunksHoweverItIsCut) {
  const std::string message = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
  for (size_t piece = 1; piece <= message.size(); ++piece) {
    ResponseParser parser(MessageLimits{}, false);
    std::string body;
    feedInPieces(message, piece, [&](std::string_view bytes) { return parser.feed(bytes, body); });
    EXPECT_TRUE(parser.done()) << piece;
    EXPECT_EQ(body, "ab") << piece;
  }
}

TEST(ResponseParser, AnEndBeforeOrWithinTheMessageIsAFailure) {
  for (std::string_view message : {"", "H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na",
                                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"}) {
    ResponseParser parser(MessageLimits{}, false);
    std::string body;
    parser.feed(message, body);
    parser.feedEnd();
    EXPECT_TRUE(parser.failed() && !parser.done()) << message;
  }
}

}  // namespace
}  // namespace cleat::http
