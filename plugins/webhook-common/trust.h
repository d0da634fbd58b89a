// Whom a webhook's certificate is to be from and for, and how it is said that it is not. Network thread only.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include <compare>
#include <map>
#include <memory>
#include <string>

namespace cleat::webhook {

// Whom a connection trusts, and as whom it speaks itself; all in PEM.
struct TlsIdentity {
  std::string trust;             // empty: what this machine trusts
  std::string certificate, key;  // empty: it says nothing of itself
  auto operator<=>(const TlsIdentity&) const = default;
};

// TLS by authorities and a client's certificate, made once for each of them.
class TrustCache {
 public:
  // Null for what holds no certificate, or a key that is not the certificate's, and `why`.
  std::shared_ptr<boost::asio::ssl::context> contextFor(const TlsIdentity& identity, std::string& why);

 private:
  std::map<TlsIdentity, std::shared_ptr<boost::asio::ssl::context>> known_;
};

// The certificate has to be for `name`, which is a name or an address.
void expectServer(SSL* tls, const std::string& name);
// The certificate does not matter.
void acceptAnybody(SSL* tls);

// In Go's words: "tls: failed to verify certificate: x509: certificate signed by unknown authority".
std::string handshakeError(SSL* tls, const std::string& name, int code);

}  // namespace cleat::webhook
