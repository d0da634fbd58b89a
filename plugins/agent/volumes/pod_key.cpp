#include "volumes/pod_key.h"

#include <cleat/sdk/text.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "x509-common/certificates.h"

namespace cleat::agent {
namespace {

struct KeyType {
  const char* name;
  EVP_PKEY* (*make)();
  const EVP_MD* (*digest)();  // null: of the signature's own
};
constexpr KeyType kTypes[] = {
    {"RSA3072", [] { return EVP_RSA_gen(3072); }, EVP_sha256},
    {"RSA4096", [] { return EVP_RSA_gen(4096); }, EVP_sha256},
    {"ECDSAP256", [] { return EVP_EC_gen("P-256"); }, EVP_sha256},
    {"ECDSAP384", [] { return EVP_EC_gen("P-384"); }, EVP_sha384},
    {"ECDSAP521", [] { return EVP_EC_gen("P-521"); }, EVP_sha512},
    {"ED25519", [] { return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"); }, nullptr},
};

std::string requestOf(EVP_PKEY* key, const EVP_MD* digest) {
  x509::CertificateRequest request(X509_REQ_new());
  const bool made = request && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1 &&
                    X509_REQ_set_pubkey(request.get(), key) == 1 && X509_REQ_sign(request.get(), key, digest) > 0;
  if (!made) return {};
  unsigned char* bytes = nullptr;
  const int size = i2d_X509_REQ(request.get(), &bytes);
  if (size <= 0) return {};
  std::string der(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

}  // namespace

Result<PodKey> makePodKey(const std::string& type) {
  for (const KeyType& known : kTypes) {
    if (known.name != type) continue;
    const x509::Key key(known.make());
    PodKey made;
    if (key) {
      made = {x509::pemOf(key.get()), requestOf(key.get(), known.digest == nullptr ? nullptr : known.digest())};
    }
    if (!made.privatePem.empty() && !made.requestDer.empty()) return made;
    return fail(Status::internal(concat("cannot make a key of the type ", type)));
  }
  return fail(Status::badRequest(concat("this node makes no keys of the type ", inQuotes(type))));
}

}  // namespace cleat::agent
