// RequestParser and ResponseParser: HTTP/1.1 messages out of bytes as they arrive. They read no sockets. Built on
// Beast's parser, which stays in the .cpp.
//
// A request that two readers could take for different ones is malformed: a folded field, not exactly one Host, more
// than one Content-Length, one beside Transfer-Encoding, and any transfer coding but chunked.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/http/http_message.h"

namespace cleat::http {

struct MessageLimits {
  uint32_t headBytes = 64u << 10;
  uint64_t bodyBytes = 3u << 20;
};

class RequestParser {
 public:
  explicit RequestParser(MessageLimits limits);
  ~RequestParser();

  enum class State { head, body, done, failed };
  // Takes from the front of `bytes` and says how much; what is left is to be given again, with more behind it.
  size_t feed(std::string_view bytes);
  State state() const;
  // When it failed: what to answer, 400, 413 or 431.
  int failureCode() const;
  // From the body on.
  bool keepAlive() const;
  bool isHttp10() const;
  // While in the body: the client waits for a "100 Continue".
  bool expectsContinue() const;
  // How much of the body has come, and how much is still to come; UINT64_MAX when only its end will say so.
  size_t bodyBytes() const;
  uint64_t bodyBytesLeft() const;
  // Once each: the request without its body, from the body on; and the body when done.
  Request takeHead();
  std::string takeBody();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class ResponseParser {
 public:
  // `toHead`: the request was a HEAD, so no body follows.
  ResponseParser(MessageLimits limits, bool toHead);
  ~ResponseParser();

  // As above. Body bytes, freed of their chunks, are appended to `body`.
  size_t feed(std::string_view bytes, std::string& body);
  // The peer has closed: may be the end of the message, or a failure.
  void feedEnd();
  bool headDone() const;
  bool done() const;
  bool failed() const;
  // When it failed: in what way.
  std::string failure() const;
  // When done: whether the peer takes another request on the connection.
  bool keepAlive() const;
  int status() const;
  const Headers& headers() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cleat::http
