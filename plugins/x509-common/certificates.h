// What the plugins that make and read certificates share: owners of OpenSSL's objects, and the few steps that each of
// them takes with those. An owner that holds nothing is false: the library refused, or the text was none of that kind.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "x509-common/openssl_owner.h"

namespace cleat::x509 {

using Bio = Owned<BIO, BIO_free_all>;
using Certificate = Owned<X509, X509_free>;
using CertificateRequest = Owned<X509_REQ, X509_REQ_free>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;

// To read from; the text has to stay.
Bio readerOf(std::string_view text);
Certificate parseCertificate(std::string_view pem);
CertificateRequest parseRequest(std::string_view pem);
Key parsePrivateKey(std::string_view pem);
// All of the bytes must be the one certificate or request.
Certificate parseDer(std::string_view der);
CertificateRequest parseRequestDer(std::string_view der);

// The next block of a PEM text; what stands between blocks is passed over.
struct PemBlock {
  std::string type;  // "CERTIFICATE"
  bool hasHeaders = false;
  std::string der;
};
std::optional<PemBlock> nextBlock(BIO* text);

// Empty when the library refuses.
std::string pemOf(X509* certificate);
std::string pemOf(EVP_PKEY* privateKey);

// Every value of one kind (NID_commonName, …) in a name, in its order, as UTF-8.
std::vector<std::string> textsIn(const X509_NAME* name, int nid);

// A certificate of version 3 for the key, valid from a little ago (clocks differ) until `seconds` from now, with a
// random serial number. Subject, issuer, extensions and signature are the caller's.
struct Lifetime {
  long secondsBefore = 300;
  long seconds = 0;
};
Certificate newCertificate(EVP_PKEY* publicKey, Lifetime lifetime);

// In the notation of OpenSSL's configuration: "critical,CA:FALSE".
bool addExtension(X509* certificate, X509* issuer, int nid, const std::string& value);

}  // namespace cleat::x509
