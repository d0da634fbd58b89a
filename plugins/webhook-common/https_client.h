// HttpsClient: asks servers that are not to be trusted with more than an answer: each call has a deadline, an
// answer has a limit, a redirect is not followed, and of one server only so many calls are under way at a time: one
// more waits for its turn, within its time. Connections are kept for the next call. It waits on its own thread, but for
// answers that come at once, where that is asked for; tasks go on on the strand.
//
//   HttpsAnswer answer = co_await client.post({.host = "10.1.2.3", .serverName = "hook.ns.svc", …}, 10s);
//   if (!answer.error.empty()) …   // in Go's words: "dial tcp 10.1.2.3:443: connect: connection refused"
#pragma once

#include <cleat/sdk/context.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cleat::webhook {

struct HttpsRequest {
  std::string host;  // an address or a name
  uint16_t port = 443;
  std::string serverName = {};  // that the certificate is for
  std::string authority;        // the header Host
  std::string target;           // path and query
  std::string trust = {};       // authorities in PEM; empty: those of this machine
  std::string body = {};
  std::string authorization = {};                                 // the header's value; empty: none
  std::string certificate = {}, key = {};                         // the client's own in PEM; empty: none
  bool trustsAnybody = false;                                     // whoever answers, whatever the certificate says
  std::vector<std::pair<std::string, std::string>> headers = {};  // besides those of every request
  bool plain = false;                                             // without TLS
  bool othersFollow = false;  // who calls makes more calls before there is an answer: it is not waited for there
};

struct HttpsAnswer {
  std::string error;  // empty: there is an answer
  int status = 0;
  std::string body;
};

struct HttpsLimits {
  size_t mostBody = 8 * 1024 * 1024;
  size_t mostAtOnce = 128;  // calls of one server that are under way
  size_t mostKept = 8;      // connections to one server that wait for the next call
  // For answers that somebody waits for: how long the strand itself may wait for one (short_wait.h); zero: never.
  std::chrono::nanoseconds longestWaitHere{0};
};

// Of clients whose answers requests wait for.
constexpr HttpsLimits kAwaited{.longestWaitHere = std::chrono::microseconds(500)};

class HttpsClient {
 public:
  explicit HttpsClient(Context& context, HttpsLimits limits = {});
  ~HttpsClient();
  HttpsClient(const HttpsClient&) = delete;
  HttpsClient& operator=(const HttpsClient&) = delete;

  Task<HttpsAnswer> post(HttpsRequest request, Duration timeout);
  Task<HttpsAnswer> get(HttpsRequest request, Duration timeout);
  // Ends the thread; what waits is never answered.
  void stop();

  struct Impl;

 private:
  Task<HttpsAnswer> send(HttpsRequest request, bool isPost, Duration timeout);

  Context& context_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cleat::webhook
