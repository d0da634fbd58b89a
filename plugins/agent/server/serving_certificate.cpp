#include "server/serving_certificate.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "x509-common/certificates.h"

namespace cleat::agent {
namespace {

constexpr long kValidSeconds = 10L * 365 * 24 * 3600;

bool isAddress(const std::string& text) {
  return text.find_first_not_of("0123456789.") == std::string::npos || text.find(':') != std::string::npos;
}

Result<ServingCertificate> make(const std::string& nodeName, const std::string& address) {
  auto failed = [] {
    char text[256];
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    return fail(Status::internal(concat("cannot make the agent's serving certificate: ", text)));
  };
  x509::Key key(EVP_EC_gen("P-256"));
  if (!key) return failed();
  x509::Certificate certificate = x509::newCertificate(key.get(), {.secondsBefore = 3600, .seconds = kValidSeconds});
  if (!certificate) return failed();
  X509_NAME* name = X509_get_subject_name(certificate.get());
  std::string commonName = concat("system:node:", nodeName);
  if (commonName.size() > 64) commonName.resize(64);  // the most that X.509 takes
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(commonName.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  std::string names = concat("DNS:", nodeName);
  if (!address.empty()) names += concat(isAddress(address) ? ",IP:" : ",DNS:", address);
  X509* itself = certificate.get();
  bool extended = x509::addExtension(itself, itself, NID_subject_alt_name, names) &&
                  x509::addExtension(itself, itself, NID_ext_key_usage, "serverAuth") &&
                  x509::addExtension(itself, itself, NID_key_usage, "critical,digitalSignature");
  if (!extended || X509_sign(itself, key.get(), EVP_sha256()) == 0) return failed();
  ServingCertificate made{x509::pemOf(itself), x509::pemOf(key.get())};
  if (made.certificatePem.empty() || made.keyPem.empty()) return failed();
  return made;
}

}  // namespace

Result<ServingCertificate> servingCertificate(const std::string& folder, const std::string& nodeName,
                                              const std::string& address) {
  std::string certificateFile = folder + "/kubelet.crt";
  std::string keyFile = folder + "/kubelet.key";
  auto certificate = readFile(certificateFile);
  auto key = readFile(keyFile);
  if (certificate && key) return ServingCertificate{std::move(*certificate), std::move(*key)};
  CLEAT_TRY(auto made, make(nodeName, address));
  CLEAT_TRY(writeFile(keyFile, made.keyPem, 0600));
  CLEAT_TRY(writeFile(certificateFile, made.certificatePem, 0644));
  return made;
}

}  // namespace cleat::agent
