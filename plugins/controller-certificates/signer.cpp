#include "signer.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>

namespace cleat {
namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freer<X509_free>>;
using Request = std::unique_ptr<X509_REQ, Freer<X509_REQ_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using File = std::unique_ptr<FILE, int (*)(FILE*)>;

constexpr size_t kMaxRequest = 64 * 1024;

File openFile(const std::string& path) { return File(std::fopen(path.c_str(), "re"), std::fclose); }

Result<Request> parse(const std::string& pem) {
  if (pem.size() > kMaxRequest) return fail(Status::badRequest("spec.request: more than 65536 bytes"));
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Request request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  if (!request) return fail(Status::badRequest("spec.request: this is no certificate request in PEM form"));
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (key == nullptr || X509_REQ_verify(request.get(), key) != 1) {
    return fail(Status::badRequest("spec.request: the request's signature is not good"));
  }
  return request;
}

void addExtension(X509* cert, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  if (extension) X509_add_ext(cert, extension.get(), -1);
}

std::vector<std::string> texts(const X509_NAME* name, int nid) {
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

void freeExtensions(STACK_OF(X509_EXTENSION) * stack) { sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free); }

}  // namespace

struct Signer::Authority {
  Cert cert;
  Key key;
};

Signer::Signer(std::unique_ptr<Authority> authority) : authority_(std::move(authority)) {}
Signer::Signer(Signer&&) noexcept = default;
Signer::~Signer() = default;

Result<Signer> Signer::open(const std::string& folder) {
  auto authority = std::make_unique<Authority>();
  File certFile = openFile(folder + "/ca.crt");
  File keyFile = openFile(folder + "/ca.key");
  if (certFile) authority->cert.reset(PEM_read_X509(certFile.get(), nullptr, nullptr, nullptr));
  if (keyFile) authority->key.reset(PEM_read_PrivateKey(keyFile.get(), nullptr, nullptr, nullptr));
  if (!authority->cert || !authority->key) {
    return fail(Status::internal("cannot read the authority's ca.crt and ca.key in " + folder));
  }
  return Signer(std::move(authority));
}

Result<RequestedSubject> Signer::read(const std::string& requestPem) {
  Result<Request> request = parse(requestPem);
  if (!request) return fail(request.error());
  RequestedSubject subject;
  const X509_NAME* name = X509_REQ_get_subject_name(request->get());
  std::vector<std::string> names = texts(name, NID_commonName);
  if (names.size() == 1) subject.commonName = names[0];
  subject.organizations = texts(name, NID_organizationName);
  std::unique_ptr<STACK_OF(X509_EXTENSION), Freer<freeExtensions>> extensions(
      X509_REQ_get_extensions(request->get()));
  subject.namesHosts = extensions && X509v3_get_ext_by_NID(extensions.get(), NID_subject_alt_name, -1) >= 0;
  return subject;
}

Result<std::string> Signer::sign(const std::string& requestPem, int64_t seconds) const {
  Result<Request> request = parse(requestPem);
  if (!request) return fail(request.error());
  Cert cert(X509_new());
  X509_set_version(cert.get(), 2);
  std::array<unsigned char, 16> serial;
  RAND_bytes(serial.data(), serial.size());
  serial[0] &= 0x7f;
  std::unique_ptr<BIGNUM, Freer<BN_free>> number(BN_bin2bn(serial.data(), serial.size(), nullptr));
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(cert.get()));
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -300);  // clocks differ a little
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), static_cast<long>(seconds));
  X509_set_subject_name(cert.get(), X509_REQ_get_subject_name(request->get()));
  X509_set_issuer_name(cert.get(), X509_get_subject_name(authority_->cert.get()));
  X509_set_pubkey(cert.get(), X509_REQ_get0_pubkey(request->get()));
  addExtension(cert.get(), authority_->cert.get(), NID_basic_constraints, "critical,CA:FALSE");
  addExtension(cert.get(), authority_->cert.get(), NID_key_usage, "critical,digitalSignature,keyEncipherment");
  addExtension(cert.get(), authority_->cert.get(), NID_ext_key_usage, "clientAuth");
  if (X509_sign(cert.get(), authority_->key.get(), EVP_sha256()) == 0) {
    return fail(Status::internal("the TLS library refused to sign"));
  }
  Bio out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), cert.get());
  char* text = nullptr;
  long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

}  // namespace cleat
