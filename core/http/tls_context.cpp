#include "core/http/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace cleat::http {
namespace {

constexpr long kMostChainBytes = 32 << 10;  // that a client may show, before it is known

// Takes any client certificate; that the client holds its key is checked by the handshake itself. Tickets keep only the
// client's own certificate, so who sends more than one gets none and shows them again next time.
int takeAnyCertificate(X509_STORE_CTX* store, void*) {
  STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(store);
  auto* session = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (session && sent && sk_X509_num(sent) > 1) SSL_set_num_tickets(session, 0);
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

Result<void> loadKeyPair(SSL_CTX* context, const std::string& certFile, const std::string& keyFile) {
  if (SSL_CTX_use_certificate_chain_file(context, certFile.c_str()) != 1) {
    return fail(Status::internal("cannot read the certificate " + certFile + ": " + lastTlsError()));
  }
  if (SSL_CTX_use_PrivateKey_file(context, keyFile.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail(Status::internal("cannot read the key " + keyFile + ": " + lastTlsError()));
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return fail(Status::internal("the key " + keyFile + " is not the one of the certificate " + certFile));
  }
  return {};
}

struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeX509>;

std::vector<Certificate> certificatesIn(const std::string& pem) {
  std::vector<Certificate> found;
  std::unique_ptr<BIO, int (*)(BIO*)> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  while (X509* next = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) found.emplace_back(next);
  if (!found.empty()) ERR_clear_error();  // the end of the text is one
  return found;
}

bool useChain(SSL_CTX* context, const std::string& pem) {
  std::vector<Certificate> chain = certificatesIn(pem);
  if (chain.empty() || SSL_CTX_use_certificate(context, chain.front().get()) != 1) return false;
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) return false;
  }
  return true;
}

bool useKey(SSL_CTX* context, const std::string& pem) {
  std::unique_ptr<BIO, int (*)(BIO*)> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr),
                                                     EVP_PKEY_free);
  return key && SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1;
}

bool trust(SSL_CTX* context, const std::string& pem) {
  std::vector<Certificate> authorities = certificatesIn(pem);
  for (const Certificate& authority : authorities) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1) return false;
  }
  return !authorities.empty();
}

void setCommon(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // An idle connection holds no buffers; a write may go on with the rest from another address.
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
}

// HTTP/1.1 is the one protocol spoken; a client that offers none is taken too.
int chooseProtocol(SSL*, const unsigned char** out, unsigned char* outSize, const unsigned char* offered,
                   unsigned offeredSize, void*) {
  static const unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, outSize, kHttp11, sizeof kHttp11 - 1, offered, offeredSize) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::string lastTlsError() {
  unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  if (ERR_SYSTEM_ERROR(code)) return strerror(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason ? reason : "error " + std::to_string(code);
}

Result<std::shared_ptr<TlsContext>> TlsContext::server(const std::string& certFile, const std::string& keyFile) {
  std::shared_ptr<TlsContext> made(new TlsContext(SSL_CTX_new(TLS_server_method())));
  SSL_CTX* context = made->context_;
  if (!context) return fail(Status::internal("cannot set up TLS: " + lastTlsError()));
  setCommon(context);
  CLEAT_TRY(loadKeyPair(context, certFile, keyFile));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, takeAnyCertificate, nullptr);
  SSL_CTX_set_alpn_select_cb(context, chooseProtocol, nullptr);
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  static const unsigned char kSessions[] = "cleat-api";
  SSL_CTX_set_session_id_context(context, kSessions, sizeof kSessions - 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // resumption is by tickets, which the client keeps
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_max_cert_list(context, kMostChainBytes);
  return made;
}

Result<std::shared_ptr<TlsContext>> TlsContext::client(const std::string& certificatePem, const std::string& keyPem,
                                                       const std::string& caPem) {
  std::shared_ptr<TlsContext> made(new TlsContext(SSL_CTX_new(TLS_client_method())));
  SSL_CTX* context = made->context_;
  if (!context) return fail(Status::internal("cannot set up TLS: " + lastTlsError()));
  setCommon(context);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (!certificatePem.empty()) {
    if (!useChain(context, certificatePem)) {
      return fail(Status::internal("the client certificate cannot be used: " + lastTlsError()));
    }
    if (!useKey(context, keyPem)) return fail(Status::internal("the client key cannot be used: " + lastTlsError()));
  }
  if (!caPem.empty()) {
    if (!trust(context, caPem)) return fail(Status::internal("the CA certificate cannot be used: " + lastTlsError()));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  return made;
}

Result<std::shared_ptr<TlsContext>> TlsContext::clientOf(const std::string& certificatePem, const std::string& keyPem,
                                                         const std::string& trustedPem) {
  CLEAT_TRY(std::shared_ptr<TlsContext> made, client(certificatePem, keyPem, trustedPem));
  if (trustedPem.empty() && SSL_CTX_set_default_verify_paths(made->context_) != 1) {
    return fail(Status::internal("cannot read whom this machine trusts: " + lastTlsError()));
  }
  X509_STORE_set_flags(SSL_CTX_get_cert_store(made->context_), X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_verify(made->context_, SSL_VERIFY_PEER, nullptr);
  return made;
}

Result<std::shared_ptr<TlsContext>> tlsClientOfFiles(const std::string& certFile, const std::string& keyFile,
                                                     const std::string& caFile) {
  std::string texts[3];
  const std::string* files[3] = {&certFile, &keyFile, &caFile};
  for (int i = 0; i < 3; ++i) {
    if (files[i]->empty()) continue;
    std::ifstream in(*files[i]);
    texts[i].assign(std::istreambuf_iterator<char>(in), {});
    if (!in || texts[i].empty()) return fail(Status::internal("cannot read " + *files[i] + ": " + strerror(errno)));
  }
  auto made = TlsContext::client(texts[0], texts[1], texts[2]);
  if (!made)
    return fail(Status::internal(made.error().message + " (" + certFile + ", " + keyFile + ", " + caFile + ")"));
  return made;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

std::vector<std::string> peerCertificates(ssl_st* session) {
  std::vector<std::string> chain;
  auto append = [&chain](X509* certificate) {
    unsigned char* der = nullptr;
    int size = i2d_X509(certificate, &der);
    if (size <= 0) return;
    chain.emplace_back(reinterpret_cast<char*>(der), static_cast<size_t>(size));
    OPENSSL_free(der);
  };
  X509* own = SSL_get0_peer_certificate(session);
  if (!own) return chain;
  append(own);
  // On the server's side the chain is without the peer's own certificate.
  STACK_OF(X509)* rest = SSL_get_peer_cert_chain(session);
  for (int i = SSL_is_server(session) ? 0 : 1; rest && i < sk_X509_num(rest); ++i) append(sk_X509_value(rest, i));
  return chain;
}

}  // namespace cleat::http
