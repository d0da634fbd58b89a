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
      EXPECT_EQ(parser.takeBody(), body) << chunks << " in pieces of " << piece;
    }
  }
}

// Whole, and cut at every place.
RequestParser::State stateAfter(const std::string& head) {
  RequestParser whole(MessageLimits{});
  feedInPieces(head, head.size(), [&](std::string_view bytes) { return whole.feed(bytes); });
  for (size_t piece = 1; piece < head.size(); ++piece) {
    RequestParser cut(MessageLimits{});
    feedInPieces(head, piece, [&](std::string_view bytes) { return cut.feed(bytes); });
    EXPECT_EQ(cut.state(), whole.state()) << head << " in pieces of " << piece;
  }
  EXPECT_TRUE(whole.state() != RequestParser::State::failed || whole.failureCode() == 400);
  return whole.state();
}

TEST(RequestParser, RefusesWhatTwoReadersCouldTakeForDifferentRequests) {
  using State = RequestParser::State;
  const std::string host = "Host: a\r\n", end = "\r\n";
  auto post = [&](const std::string& fields) { return stateAfter("POST / HTTP/1.1\r\n" + fields + end); };
  EXPECT_EQ(post(host + "X: 1\r\n"), State::done);
  EXPECT_EQ(post(host + "Content-Length: 5\r\n"), State::body);
  for (const char* fields : {
           "Content-Length: 0\r\nContent-Length: 5\r\n",
           "Content-Length: 0\r\nContent-Length: 0\r\n",
           "Content-Length: 5, 5\r\n",
           "Content-Length: +5\r\n",
           "Content-Length: 0x5\r\n",
           "Content-Length : 5\r\n",
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
           "Transfer-Encoding: gzip, chunked\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
           "Transfer-Encoding: identity\r\n",
           "Transfer-Encoding: xchunked\r\n",
           "Transfer-Encoding\t: chunked\r\n",
           "X: 1\r\n Content-Length: 5\r\n",
           "X: 1\r\n\tgoes on\r\n",
           "X\r\n",
           "X: a\rb\r\n",
           "Host: b\r\n",
       }) {
    EXPECT_EQ(post(host + fields), State::failed) << fields;
  }
  EXPECT_EQ(post(" X: 1\r\n" + host), State::failed);
  EXPECT_EQ(post("Host: a b\r\n"), State::failed);
  EXPECT_EQ(post(""), State::failed) << "without a host";
  EXPECT_EQ(stateAfter("GET / HTTP/1.0\r\n\r\n"), State::done);
  EXPECT_EQ(stateAfter("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), State::failed);
}

TEST(RequestParser, TakesNothingFromATrailerIntoTheHead) {
  RequestParser parser(MessageLimits{});
  parser.feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Remote-User: admin\r\n\r\n");
  ASSERT_EQ(parser.state(), RequestParser::State::done);
  EXPECT_FALSE(parser.takeHead().headers.has("X-Remote-User"));
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
