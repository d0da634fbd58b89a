// One blocking HTTPS request after the other on one connection: for joining, when there is no client certificate yet and the
// server is known by its authority's fingerprint alone.
#pragma once

#include <cleat/sdk/status.h>

#include <memory>
#include <string>

#include "core/http/https_url.h"

namespace cleat::app {

struct TlsAnswer {
  int code = 0;
  std::string body;
};

class TlsConnection {
 public:
  // Connects and checks that the server's chain ends in an authority with this SHA-256 fingerprint. Ten seconds at most.
  static Result<TlsConnection> open(const std::string& url, const std::string& caFingerprint);
  TlsConnection(TlsConnection&&) noexcept;
  ~TlsConnection();

  const std::string& caPem() const;
  // The body is JSON. At most 1 MiB comes back.
  Result<TlsAnswer> send(const std::string& method, const std::string& path, const std::string& bearerToken,
                         const std::string& body);

 private:
  struct Parts;
  explicit TlsConnection(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// "https://HOST:PORT" to its parts; the port is 6443 where there is none.
Result<http::HttpsUrl> parseServerUrl(const std::string& url);

}  // namespace cleat::app
