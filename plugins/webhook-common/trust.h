// Whom a webhook's certificate is to be from and for, and how it is said that it is not. Network thread only.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include <map>
#include <memory>
#include <string>

namespace cleat::webhook {

// Whom to trust, and what to show.
struct TlsWanted {
  std::string authorities;               // PEM; empty: those of this machine
  bool skipVerify = false;               // any certificate will do
  std::string certificateFile, keyFile;  // PEM; empty: nothing is shown
  auto operator<=>(const TlsWanted&) const = default;
};

// TLS as it is wanted, made once for each such wish.
class TrustCache {
 public:
  // Null for what holds no certificate, and `why`.
  std::shared_ptr<boost::asio::ssl::context> contextFor(const TlsWanted& wanted, std::string& why);

 private:
  std::map<TlsWanted, std::shared_ptr<boost::asio::ssl::context>> known_;
};

// The certificate has to be for `name`, which is a name or an address.
void expectServer(SSL* tls, const std::string& name);

// In Go's words: "tls: failed to verify certificate: x509: certificate signed by unknown authority".
std::string handshakeError(SSL* tls, const std::string& name, int code);

}  // namespace cleat::webhook
