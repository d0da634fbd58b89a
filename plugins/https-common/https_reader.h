// HttpsReader: GETs from the cluster's own servers, the agents and the API server, for plugins that run in the server.
// It shows the certificate with which the API server calls agents, which is of the group system:masters; so what it is
// asked to read must not come from a client.
//
//   HttpsAnswer answer = co_await reader.get({.host = "10.1.2.3", .port = 10250, .target = "/metrics/resource"}, 5s);
//   if (!answer.error.empty()) …   // "dial tcp 10.1.2.3:10250: connect: connection refused"
//
// Every call has a deadline, from the moment in which it is made; an answer has a limit; a redirect is not followed.
// Only so many calls are under way at a time, whomever they ask; the others wait for their turn within their deadline:
// one server that hangs costs a place for a while and holds nobody else. Used on the strand.
#pragma once

#include <cleat/sdk/context.h>

#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "webhook-common/https_client.h"

namespace cleat {

using webhook::HttpsAnswer;

struct HttpsGet {
  std::string host;  // an address
  uint16_t port = 443;
  std::string target;  // path and query

  // Of a server by its URL ("https://192.0.2.1:6443"); nothing where that is none with an address.
  static std::optional<HttpsGet> ofUrl(std::string_view url, std::string target);
};

struct HttpsReaderOptions {
  std::string certFile, keyFile;  // what is shown; empty: nothing
  std::string caFile;             // who signs the servers' certificates; empty: agents sign theirs themselves
  std::string impersonates;       // the API server is asked in this one's name
  size_t mostBody = 8 * 1024 * 1024;
  size_t mostAtOnce = 64;
  size_t mostWaiting = 8192;
};

class HttpsReader {
 public:
  HttpsReader(Context& context, HttpsReaderOptions options);

  // With the server's certificate to agents, from its folder of keys.
  static HttpsReaderOptions asServer(const Config& config);

  Task<HttpsAnswer> get(HttpsGet request, Duration timeout);
  // Ends the thread; what waits is never answered. For Plugin::stop.
  void stop() { client_.stop(); }

 private:
  struct Waiting {
    Completion<bool> turn;
    Timer limit;
  };

  Task<bool> turn(Instant deadline);
  void next();
  // What every request has; made of the files when the first is sent.
  Result<webhook::HttpsRequest> likeAll() const;

  Context& context_;
  const HttpsReaderOptions options_;
  webhook::HttpsClient client_;
  std::optional<webhook::HttpsRequest> all_;
  size_t underWay_ = 0;
  std::list<Waiting> waiting_;
};

}  // namespace cleat
