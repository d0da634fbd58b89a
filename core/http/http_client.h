// HttpClient: requests to one HTTPS server over HTTP/1.1, on connections that are kept and used again. The server must show a
// certificate for its address that the given CA has signed; we show a client certificate or a bearer token.
//
//   auto response = co_await client->send({.method = "GET", .target = "/version"});
//
// Thread-safe. Everything comes back on threads of the io_context that the client was made on. A response may also be
// taken as it arrives (`start`), which is how a watch reads one that does not end.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/task.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace boost::asio {
class io_context;
}

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
  std::vector<std::pair<std::string, std::string>> headers;

  // The first of that name, without regard to case, or empty.
  std::string_view header(std::string_view name) const;
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
  // Without a failure the response is complete. 503 when the server cannot be reached or breaks off, 504 when it is silent.
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

// PEM texts. A certificate comes with its key; without both, and without a token, the caller is anonymous.
struct ClientCredentials {
  std::string certificatePem, keyPem;
  std::string bearerToken;
};

struct HttpClientOptions {
  std::string url;  // "https://192.0.2.1:6443"; a path in it is put before every target
  std::string caPem;
  ClientCredentials credentials;
  std::chrono::milliseconds connectTimeout{10'000};
  size_t idleConnections = 4;  // kept for the next requests
};

// A client whose credentials can be changed, for those that expire; exchanges under way end with the old ones.
class HttpsClient : public HttpClient {
 public:
  virtual Result<void> setCredentials(ClientCredentials credentials) = 0;
};

// Fails on a malformed URL, certificate or key; the server is not contacted yet.
Result<std::shared_ptr<HttpsClient>> makeHttpsClient(boost::asio::io_context& context, HttpClientOptions options);

}  // namespace cleat::http
