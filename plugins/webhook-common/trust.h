// Whom a webhook's certificate is to be from and for, and how it is said that it is not. Network thread only.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include <map>
#include <memory>
#include <string>

namespace cleat::webhook {

// TLS by the authorities of a PEM text, made once for each of them.
class TrustCache {
 public:
  // Empty text: what this machine trusts. Null for what holds no certificate, and `why`.
  std::shared_ptr<boost::asio::ssl::context> contextFor(const std::string& pem, std::string& why);

 private:
  std::map<std::string, std::shared_ptr<boost::asio::ssl::context>> known_;
};

// The certificate has to be for `name`, which is a name or an address.
void expectServer(SSL* tls, const std::string& name);

// In Go's words: "tls: failed to verify certificate: x509: certificate signed by unknown authority".
std::string handshakeError(SSL* tls, const std::string& name, int code);

}  // namespace cleat::webhook
