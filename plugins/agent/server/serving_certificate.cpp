#include "server/serving_certificate.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>

namespace cleat::agent {
namespace {

constexpr long kValidSeconds = 10L * 365 * 24 * 3600;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using Memory = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

std::string textOf(BIO* memory) {
  char* begin = nullptr;
  long size = BIO_get_mem_data(memory, &begin);
  return std::string(begin, static_cast<size_t>(size));
}

bool addExtension(X509* certificate, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  Extension extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool isAddress(const std::string& text) {
  return text.find_first_not_of("0123456789.") == std::string::npos || text.find(':') != std::string::npos;
}

Result<ServingCertificate> make(const std::string& nodeName, const std::string& address) {
  auto failed = [] {
    char text[256];
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    return fail(Status::internal(concat("cannot make the agent's serving certificate: ", text)));
  };
  Key key(EVP_EC_gen("P-256"));
  Certificate certificate(X509_new());
  if (!key || !certificate) return failed();
  unsigned char serial[16];
  if (RAND_bytes(serial, sizeof serial) != 1) return failed();
  serial[0] &= 0x7f;
  std::unique_ptr<BIGNUM, Deleter<BN_free>> number(BN_bin2bn(serial, sizeof serial, nullptr));
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get()));
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValidSeconds);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  std::string commonName = concat("system:node:", nodeName);
  if (commonName.size() > 64) commonName.resize(64);  // the most that X.509 takes
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(commonName.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  std::string names = concat("DNS:", nodeName);
  if (!address.empty()) names += concat(isAddress(address) ? ",IP:" : ",DNS:", address);
  bool extended = addExtension(certificate.get(), NID_subject_alt_name, names) &&
                  addExtension(certificate.get(), NID_ext_key_usage, "serverAuth") &&
                  addExtension(certificate.get(), NID_key_usage, "critical,digitalSignature");
  if (!extended || X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) return failed();
  Memory certificateText(BIO_new(BIO_s_mem()));
  Memory keyText(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificateText.get(), certificate.get()) != 1 ||
      PEM_write_bio_PrivateKey(keyText.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return failed();
  }
  return ServingCertificate{textOf(certificateText.get()), textOf(keyText.get())};
}

}  // namespace

Result<ServingCertificate> servingCertificate(const std::string& folder, const std::string& nodeName,
                                              const std::string& address) {
  std::string certificateFile = folder + "/kubelet.crt";
  std::string keyFile = folder + "/kubelet.key";
  auto certificate = readFile(certificateFile);
  auto key = readFile(keyFile);
  if (certificate && key) return ServingCertificate{std::move(*certificate), std::move(*key)};
  auto made = make(nodeName, address);
  if (!made) return made;
  if (auto written = writeFile(keyFile, made->keyPem, 0600); !written) return fail(written.error());
  if (auto written = writeFile(certificateFile, made->certificatePem, 0644); !written) return fail(written.error());
  return made;
}

}  // namespace cleat::agent
