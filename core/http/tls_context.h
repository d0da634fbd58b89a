// TlsContext: keys and rules for one side of TLS, made once and shared by its connections; and the little there is to
// know about a handshake that has been done. OpenSSL stays in the .cpp files.
#pragma once

#include <cleat/sdk/status.h>

#include <memory>
#include <string>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace cleat::http {

class TlsContext {
 public:
  // A server's: its certificate chain and key (PEM). TLS 1.2 and later; it asks for a client certificate and takes any,
  // since it is for an authenticator to say whose it is.
  static Result<std::shared_ptr<TlsContext>> server(const std::string& certFile, const std::string& keyFile);
  // A client's, of PEM texts. No certificate: it shows none. No authority: it does not check whom it talks to.
  static Result<std::shared_ptr<TlsContext>> client(const std::string& certificatePem, const std::string& keyPem,
                                                    const std::string& caPem);
  // The same, and it always checks: by these authorities or servers' own certificates or, if there are none, by those
  // that this machine trusts.
  static Result<std::shared_ptr<TlsContext>> clientOf(const std::string& certificatePem, const std::string& keyPem,
                                                      const std::string& trustedPem);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;

  ssl_ctx_st* get() const { return context_; }

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

// The same of files; where the name is empty, so is the text.
Result<std::shared_ptr<TlsContext>> tlsClientOfFiles(const std::string& certFile, const std::string& keyFile,
                                                     const std::string& caFile);

// What the other side has shown, DER, its own first.
std::vector<std::string> peerCertificates(ssl_st* session);

// The reason of the last failure on this thread, in OpenSSL's words.
std::string lastTlsError();

}  // namespace cleat::http
