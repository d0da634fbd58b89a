// HttpClient: requests to one server. A response comes whole (`send`), or is taken as it arrives (`start`), which is
// how a watch reads one that does not end. Thread-safe; what comes back comes on threads of the client's own choosing.
// https_client.h makes one that speaks to a network, the tests have one that does not.
//
//   auto response = co_await client->send({.method = "GET", .target = "/version"});
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/task.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/http_message.h"

namespace cleat::http {

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query
  std::string body;
  std::string contentType = "application/json";  // of the body, if there is one
  std::string accept = "application/json";
  // How long the whole exchange may take; for an endless one, how long the server may be silent.
  std::chrono::milliseconds timeout{30'000};
  bool endless = false;
};

struct ClientHead {
  int status = 0;
  Headers headers;
};

struct ClientResponse {
  ClientHead head;
  std::string body;
};

// Takes a response: onHead at most once, then any number of onBody, then onEnd exactly once; one at a time.
class ResponseReceiver {
 public:
  virtual ~ResponseReceiver() = default;
  virtual void onHead(ClientHead head) = 0;
  virtual void onBody(std::string_view piece) = 0;
  // Without a failure the response is complete. 503 when the server cannot be reached or breaks off, 504 when it is
  // silent.
  virtual void onEnd(std::optional<Status> failure) = 0;
};

class ClientExchange {
 public:
  virtual ~ClientExchange() = default;
  // Breaks it off; onEnd still comes, soon, with whatever state it was in.
  virtual void cancel() = 0;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // The receiver is kept until onEnd. An exchange that nobody holds goes on.
  virtual std::shared_ptr<ClientExchange> start(ClientRequest request, std::shared_ptr<ResponseReceiver> receiver) = 0;

  // The whole response, of any status; at most kMaxResponseBytes of body.
  static constexpr size_t kMaxResponseBytes = 256u << 20;
  Task<Result<ClientResponse>> send(ClientRequest request);
};

}  // namespace cleat::http
