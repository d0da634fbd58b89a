#include "x509-common/certificates.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace cleat::x509 {
namespace {

template <class F>
std::string written(F write) {
  Bio memory(BIO_new(BIO_s_mem()));
  if (!memory || write(memory.get()) != 1) return {};
  char* text = nullptr;
  long size = BIO_get_mem_data(memory.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

bool setRandomSerial(X509* certificate) {
  unsigned char serial[16];
  if (RAND_bytes(serial, sizeof serial) != 1) return false;
  serial[0] &= 0x7f;  // not negative
  Owned<BIGNUM, BN_free> number(BN_bin2bn(serial, sizeof serial, nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

// All of the bytes must be the one thing.
template <class Owner, class Read>
Owner readWhole(std::string_view der, Read read) {
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* at = begin;
  Owner owner(read(nullptr, &at, static_cast<long>(der.size())));
  if (!owner) ERR_clear_error();  // whoever uses the library next on this thread would take it for an error of its own
  if (owner && at != begin + der.size()) return {};
  return owner;
}

}  // namespace

Bio readerOf(std::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

Certificate parseCertificate(std::string_view pem) {
  Bio text = readerOf(pem);
  return Certificate(text ? PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr) : nullptr);
}

CertificateRequest parseRequest(std::string_view pem) {
  Bio text = readerOf(pem);
  return CertificateRequest(text ? PEM_read_bio_X509_REQ(text.get(), nullptr, nullptr, nullptr) : nullptr);
}

Key parsePrivateKey(std::string_view pem) {
  Bio text = readerOf(pem);
  return Key(text ? PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr) : nullptr);
}

Certificate parseDer(std::string_view der) { return readWhole<Certificate>(der, d2i_X509); }

CertificateRequest parseRequestDer(std::string_view der) { return readWhole<CertificateRequest>(der, d2i_X509_REQ); }

std::optional<PemBlock> nextBlock(BIO* text) {
  char *name = nullptr, *header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(text, &name, &header, &data, &size) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  PemBlock block{name, *header != 0, std::string(reinterpret_cast<char*>(data), static_cast<size_t>(size))};
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(data);
  return block;
}

std::string pemOf(X509* certificate) {
  return written([&](BIO* memory) { return PEM_write_bio_X509(memory, certificate); });
}

std::string pemOf(EVP_PKEY* privateKey) {
  return written(
      [&](BIO* memory) { return PEM_write_bio_PrivateKey(memory, privateKey, nullptr, nullptr, 0, nullptr, nullptr); });
}

std::vector<std::string> textsIn(const X509_NAME* name, int nid) {
  std::vector<std::string> found;
  for (int at = X509_NAME_get_index_by_NID(name, nid, -1); at >= 0; at = X509_NAME_get_index_by_NID(name, nid, at)) {
    unsigned char* text = nullptr;
    int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0) continue;
    found.emplace_back(reinterpret_cast<char*>(text), static_cast<size_t>(size));
    OPENSSL_free(text);
  }
  return found;
}

Certificate newCertificate(EVP_PKEY* publicKey, Lifetime lifetime) {
  Certificate certificate(X509_new());
  bool good = certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
              setRandomSerial(certificate.get()) &&
              X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -lifetime.secondsBefore) != nullptr &&
              X509_gmtime_adj(X509_getm_notAfter(certificate.get()), lifetime.seconds) != nullptr &&
              X509_set_pubkey(certificate.get(), publicKey) == 1;
  return good ? std::move(certificate) : Certificate();
}

bool addExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  Owned<X509_EXTENSION, X509_EXTENSION_free> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

}  // namespace cleat::x509
