#include "webhook-common/trust.h"

#include <cleat/sdk/text.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <boost/asio/ip/address.hpp>

namespace cleat::webhook {

namespace ssl = boost::asio::ssl;

namespace {

constexpr size_t kMostKnown = 256;

bool isAddress(const std::string& name) {
  boost::system::error_code error;
  boost::asio::ip::make_address(name, error);
  return !error;
}

}  // namespace

std::shared_ptr<ssl::context> TrustCache::contextFor(const TlsIdentity& identity, std::string& why) {
  if (auto known = known_.find(identity); known != known_.end()) return known->second;
  const std::string& pem = identity.trust;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  boost::system::error_code error;
  if (pem.empty()) {
    context->set_default_verify_paths(error);
  } else {
    context->add_certificate_authority(boost::asio::buffer(pem), error);
  }
  if (error) {
    why = "unable to load root certificates: unable to parse bytes as PEM block";
    return nullptr;
  }
  if (!identity.certificate.empty()) {
    context->use_certificate_chain(boost::asio::buffer(identity.certificate), error);
    if (!error) context->use_private_key(boost::asio::buffer(identity.key), ssl::context::pem, error);
    if (error) {
      why = "tls: failed to find a certificate and its private key in PEM input";
      return nullptr;
    }
  }
  context->set_verify_mode(ssl::verify_peer, error);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  // Whatever stands in the bundle is trusted, be it an authority or the server's own certificate.
  X509_STORE_set_flags(SSL_CTX_get_cert_store(context->native_handle()), X509_V_FLAG_PARTIAL_CHAIN);
  if (known_.size() >= kMostKnown) known_.clear();
  return known_[identity] = std::move(context);
}

void acceptAnybody(SSL* tls) { SSL_set_verify(tls, SSL_VERIFY_NONE, nullptr); }

void expectServer(SSL* tls, const std::string& name) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(tls);
  if (isAddress(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str());
    return;
  }
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  X509_VERIFY_PARAM_set1_host(expected, name.data(), name.size());
  SSL_set_tlsext_host_name(tls, name.c_str());
}

std::string handshakeError(SSL* tls, const std::string& name, int code) {
  const long verified = SSL_get_verify_result(tls);
  const std::string_view prefix = "tls: failed to verify certificate: x509: ";
  switch (verified) {
    case X509_V_OK: break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: return concat(prefix, "certificate signed by unknown authority");
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return concat(prefix, "certificate is not valid for ", name);
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return concat(prefix, "certificate has expired or is not yet valid");
    default: return concat(prefix, X509_verify_cert_error_string(verified));
  }
  if (ERR_GET_REASON(static_cast<unsigned long>(code)) == SSL_R_WRONG_VERSION_NUMBER) {
    return "http: server gave HTTP response to HTTPS client";
  }
  const char* reason = ERR_reason_error_string(static_cast<unsigned long>(code));
  return reason ? concat("remote error: tls: ", reason) : "EOF";
}

}  // namespace cleat::webhook
