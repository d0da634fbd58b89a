#include "core/app/pki.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "core/app/openssl_owner.h"
#include "core/app/rsa_key.h"
#include "core/base/hex.h"

namespace cleat::app {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freer<X509_free>>;
using Csr = std::unique_ptr<X509_REQ, Freer<X509_REQ_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;

Status failed(const std::string& what) { return Status::internal("cannot make " + what + ": the TLS library refused"); }

std::string drain(BIO* bio) {
  char* text = nullptr;
  long size = BIO_get_mem_data(bio, &text);
  return std::string(text, static_cast<size_t>(size));
}

template <class F>
std::string pem(F write) {
  Bio bio(BIO_new(BIO_s_mem()));
  return write(bio.get()) == 1 ? drain(bio.get()) : std::string();
}

std::string keyPem(EVP_PKEY* key) {
  return pem([&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}
std::string certPem(X509* cert) {
  return pem([&](BIO* bio) { return PEM_write_bio_X509(bio, cert); });
}

Key loadKey(const std::string& text) {
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  return Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}
Cert loadCert(const std::string& text) {
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  return Cert(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

void addName(X509_NAME* name, const char* field, const std::string& value) {
  X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                             static_cast<int>(value.size()), -1, 0);
}

void fillSubject(X509_NAME* name, const std::string& commonName, const std::vector<std::string>& organizations) {
  for (const std::string& organization : organizations) addName(name, "O", organization);
  addName(name, "CN", commonName);
}

bool addExtension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(cert, extension.get(), -1) == 1;
}

std::string alternativeNames(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    unsigned char address[16];
    bool ip = inet_pton(AF_INET, name.c_str(), address) == 1 || inet_pton(AF_INET6, name.c_str(), address) == 1;
    text += (text.empty() ? "" : ",") + std::string(ip ? "IP:" : "DNS:") + name;
  }
  return text;
}

Cert newCert(EVP_PKEY* key, const std::string& commonName, const std::vector<std::string>& organizations, int days) {
  Cert cert(X509_new());
  X509_set_version(cert.get(), 2);
  unsigned char serial[16];
  RAND_bytes(serial, sizeof serial);
  serial[0] &= 0x7f;
  std::unique_ptr<BIGNUM, Freer<BN_free>> number(BN_bin2bn(serial, sizeof serial, nullptr));
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(cert.get()));
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -300);  // clocks differ a little
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), static_cast<long>(days) * 86400);
  X509_set_pubkey(cert.get(), key);
  fillSubject(X509_get_subject_name(cert.get()), commonName, organizations);
  return cert;
}

Result<void> writeAuthority(const Pki& pki, Sync sync) {
  Key key(EVP_EC_gen("P-256"));
  if (!key) return fail(failed("the authority's key"));
  Cert cert = newCert(key.get(), "cleat", {}, 3650);
  X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get()));
  bool good = addExtension(cert.get(), cert.get(), NID_basic_constraints, "critical,CA:TRUE") &&
              addExtension(cert.get(), cert.get(), NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign") &&
              addExtension(cert.get(), cert.get(), NID_subject_key_identifier, "hash");
  if (!good || X509_sign(cert.get(), key.get(), EVP_sha256()) == 0) return fail(failed("the authority's certificate"));
  CLEAT_TRY(writeFile(pki.caKeyFile(), keyPem(key.get()), 0600, sync));
  return writeFile(pki.caCertFile(), certPem(cert.get()), 0644, sync);
}

// Whether the certificate is still good for what is asked.
bool fits(X509* cert, EVP_PKEY* authority, const CertificateRequest& request) {
  if (X509_verify(cert, authority) != 1) return false;
  int days = 0, seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(cert)) != 1) return false;
  if (days < request.days / 3) return false;
  for (const std::string& name : request.names) {
    unsigned char address[16];
    bool ip = inet_pton(AF_INET, name.c_str(), address) == 1 || inet_pton(AF_INET6, name.c_str(), address) == 1;
    int match = ip ? X509_check_ip_asc(cert, name.c_str(), 0) : X509_check_host(cert, name.c_str(), 0, 0, nullptr);
    if (match != 1) return false;
  }
  return true;
}

}  // namespace

Result<std::string> readFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Status::internal("cannot read " + path + ": " + std::strerror(errno)));
  std::ostringstream content;
  content << file.rdbuf();
  return std::move(content).str();
}

Result<void> writeFile(const std::string& path, std::string_view content, unsigned mode, Sync sync) {
  const std::string temporary = path + ".new";
  auto error = [&](const char* what) {
    return fail(Status::internal(std::string("cannot ") + what + " " + temporary + ": " + std::strerror(errno)));
  };
  int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return error("create");
  ::fchmod(fd, mode);
  while (!content.empty()) {
    ssize_t wrote = ::write(fd, content.data(), content.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      ::close(fd);
      return error("write");
    }
    content.remove_prefix(static_cast<size_t>(wrote));
  }
  bool synced = sync == Sync::no || ::fsync(fd) == 0;
  ::close(fd);
  if (!synced || ::rename(temporary.c_str(), path.c_str()) != 0) return error("finish");
  return {};
}

Result<Pki> Pki::open(const std::string& folder, Sync sync) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Status::internal("cannot create " + folder + ": " + error.message()));
  ::chmod(folder.c_str(), 0700);
  Pki pki(folder, sync);
  if (!std::filesystem::exists(pki.caCertFile()) || !std::filesystem::exists(pki.caKeyFile())) {
    CLEAT_TRY(writeAuthority(pki, sync));
  }
  return pki;
}

Result<void> Pki::ensure(const std::string& name, const CertificateRequest& request) const {
  CLEAT_TRY(auto authorityKey, readFile(caKeyFile()));
  CLEAT_TRY(auto authorityCert, readFile(caCertFile()));
  Key signer = loadKey(authorityKey);
  Cert issuer = loadCert(authorityCert);
  if (!signer || !issuer) return fail(Status::internal(folder_ + ": ca.key or ca.crt is damaged"));
  if (auto have = readFile(file(name + ".crt")); have && std::filesystem::exists(file(name + ".key"))) {
    Cert cert = loadCert(*have);
    if (cert && fits(cert.get(), signer.get(), request)) return {};
  }
  Key key(request.rsa ? makeRsaKey() : EVP_EC_gen("P-256"));
  if (!key) return fail(failed("the key of " + name));
  Cert cert = newCert(key.get(), request.commonName, request.organizations, request.days);
  X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer.get()));
  bool good =
      addExtension(cert.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE") &&
      addExtension(cert.get(), issuer.get(), NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
      addExtension(cert.get(), issuer.get(), NID_ext_key_usage, request.names.empty() ? "clientAuth" : "serverAuth");
  if (!request.names.empty()) {
    good = good && addExtension(cert.get(), issuer.get(), NID_subject_alt_name, alternativeNames(request.names));
  }
  if (!good || X509_sign(cert.get(), signer.get(), EVP_sha256()) == 0) return fail(failed("the certificate " + name));
  CLEAT_TRY(writeFile(file(name + ".key"), keyPem(key.get()), 0600, sync_));
  return writeFile(file(name + ".crt"), certPem(cert.get()), 0644, sync_);
}

Result<void> Pki::ensureSigningKey(const std::string& name) const {
  if (std::filesystem::exists(file(name + ".key")) && std::filesystem::exists(file(name + ".pub"))) return {};
  Key key(EVP_EC_gen("P-256"));
  if (!key) return fail(failed("the signing key " + name));
  CLEAT_TRY(writeFile(file(name + ".key"), keyPem(key.get()), 0600));
  std::string publicPem = pem([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key.get()); });
  return writeFile(file(name + ".pub"), publicPem, 0644);
}

Result<std::string> publicKeyOf(const std::string& text) {
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  if (!key) key = loadKey(text);
  if (!key) {
    const Cert cert = loadCert(text);
    key.reset(cert ? X509_get_pubkey(cert.get()) : nullptr);
  }
  if (!key) return fail(Status::internal("this is neither a key nor a certificate in PEM form"));
  return pem([&](BIO* out) { return PEM_write_bio_PUBKEY(out, key.get()); });
}

Result<std::string> fingerprintOf(const std::string& certificatePem) {
  Cert cert = loadCert(certificatePem);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (!cert || X509_digest(cert.get(), EVP_sha256(), digest, &size) != 1) {
    return fail(Status::internal("this is no certificate in PEM form"));
  }
  return base::hexText({reinterpret_cast<const char*>(digest), size});
}

Result<std::string> Pki::caFingerprint() const {
  CLEAT_TRY(auto cert, readFile(caCertFile()));
  return fingerprintOf(cert);
}

Result<KeyAndRequest> makeKeyAndRequest(const std::string& commonName, const std::vector<std::string>& organizations) {
  Key key(EVP_EC_gen("P-256"));
  Csr request(X509_REQ_new());
  if (!key || !request) return fail(failed("a certificate request"));
  fillSubject(X509_REQ_get_subject_name(request.get()), commonName, organizations);
  X509_REQ_set_pubkey(request.get(), key.get());
  if (X509_REQ_sign(request.get(), key.get(), EVP_sha256()) == 0) return fail(failed("a certificate request"));
  KeyAndRequest result;
  result.keyPem = keyPem(key.get());
  result.requestPem = pem([&](BIO* bio) { return PEM_write_bio_X509_REQ(bio, request.get()); });
  return result;
}

}  // namespace cleat::app
