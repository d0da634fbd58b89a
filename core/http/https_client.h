// HttpsClient: an HttpClient over HTTP/1.1 and TLS, on connections that are kept and used again. The server must show a
// certificate for its address that the given CA has signed, unless it is asked not to care; we show a client
// certificate or a bearer token.
//
// Everything comes back on the executor's threads. Who stops the executor cancels what is under way before: an exchange
// that can go on no more does not end.
#pragma once

#include "core/base/asio_executor.h"
#include "core/http/http_client.h"

namespace cleat::http {

// PEM texts. A certificate comes with its key; without both, and without a token, the caller is anonymous.
struct ClientCredentials {
  std::string certificatePem, keyPem;
  std::string bearerToken;
};

struct HttpClientOptions {
  std::string url;  // "https://192.0.2.1:6443"; a path in it is put before every target
  std::string caPem;
  std::string serverName;    // that the server's certificate must be for; empty: the URL's host
  bool checksServer = true;  // false: whoever answers is believed, and no authority is given
  ClientCredentials credentials;
  std::chrono::milliseconds connectTimeout{10'000};
  size_t idleConnections = 4;  // kept for the next requests
};

// Its credentials can be changed, for those that expire; exchanges under way end with the old ones.
class HttpsClient : public HttpClient {
 public:
  virtual Result<void> setCredentials(ClientCredentials credentials) = 0;
};

// Fails on a malformed URL, certificate or key; the server is not contacted yet.
Result<std::shared_ptr<HttpsClient>> makeHttpsClient(base::AsioExecutor& executor, HttpClientOptions options);

}  // namespace cleat::http
