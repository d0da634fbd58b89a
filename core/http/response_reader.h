// ResponseReader: another server's answer, read from its connection bit by bit. Used on the stream's strand.
//
//   ResponseReader answer(stream, limits, toHead);
//   while (!answer.over() && !answer.parser().headDone()) co_await answer.more();
//   … answer.body is what has come of the body; whoever takes it away leaves it empty …
#pragma once

#include <cleat/sdk/task.h>

#include <memory>
#include <string>

#include "core/http/http_parser.h"
#include "core/http/socket_stream.h"

namespace cleat::http {

class ResponseReader {
 public:
  // `toHead`: the request was a HEAD, so no body follows.
  ResponseReader(std::shared_ptr<SocketStream> stream, MessageLimits limits, bool toHead)
      : stream_(std::move(stream)), parser_(limits, toHead) {}

  // Reads and parses once; waits first if nothing has come yet. Nothing is read any more when it is over.
  Task<void> more();
  // Whole, malformed, or broken off.
  bool over() const { return parser_.done() || parser_.failed() || ended_; }
  // When it is over before it was whole: why.
  std::string failure() const;
  const ResponseParser& parser() const { return parser_; }
  // What has been read and is not a part of the answer; takes it away.
  std::string takeRest() { return std::move(unparsed_); }
  bool hasRest() const { return !unparsed_.empty(); }

  std::string body;

 private:
  const std::shared_ptr<SocketStream> stream_;
  ResponseParser parser_;
  std::string unparsed_;
  bool ended_ = false;
};

}  // namespace cleat::http
