// What a container answers to an HTTP probe, as the agent's own build of Beast reads it: cut as the container likes.
#include <gtest/gtest.h>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace cleat::agent {
namespace {

namespace http = boost::beast::http;

TEST(HttpAnswer, MayEndInPiecesOfAnySize) {
  const std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  for (size_t piece = 1; piece <= answer.size(); ++piece) {
    http::response_parser<http::string_body> parser;
    parser.eager(true);
    std::string waiting;
    for (size_t at = 0; at < answer.size(); at += piece) {
      waiting += answer.substr(at, piece);
      boost::beast::error_code error;
      waiting.erase(0, parser.put(boost::asio::buffer(waiting), error));
      ASSERT_TRUE(!error || error == http::error::need_more) << piece << ": " << error.message();
    }
    EXPECT_TRUE(parser.is_done()) << piece;
  }
}

}  // namespace
}  // namespace cleat::agent
