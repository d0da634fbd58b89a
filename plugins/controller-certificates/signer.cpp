#include "signer.h"

#include <cleat/sdk/text.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace cleat::certificates {
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

void freeExtensions(STACK_OF(X509_EXTENSION) * stack) { sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free); }
using Extensions = std::unique_ptr<STACK_OF(X509_EXTENSION), Freer<freeExtensions>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>>;

constexpr size_t kMaxRequest = 64 * 1024;
// Clocks differ a little. What lives long gives that time away at its end.
constexpr auto kBackdate = std::chrono::minutes(5);
constexpr auto kShortLife = std::chrono::hours(8);

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

Extensions extensionsOf(X509_REQ* request) { return Extensions(X509_REQ_get_extensions(request)); }

void addExtension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (extension) X509_add_ext(cert, extension.get(), -1);
}

// Those of `usages` that are named in `names`, as OpenSSL writes them.
std::string namesOf(const std::vector<std::string>& usages, std::initializer_list<std::pair<const char*, const char*>> names) {
  std::string list;
  for (const auto& [usage, name] : names) {
    if (std::ranges::find(usages, usage) != usages.end()) list += concat(list.empty() ? "" : ",", name);
  }
  return list;
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

void countNames(X509_REQ* request, RequestedCertificate& wanted) {
  Extensions extensions = extensionsOf(request);
  if (!extensions || X509v3_get_ext_by_NID(extensions.get(), NID_subject_alt_name, -1) < 0) return;
  Names names(static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions.get(), NID_subject_alt_name, nullptr, nullptr)));
  // Names that nobody can read (or that stand there twice) are none that anybody allows.
  if (!names) ++wanted.otherNames;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    switch (sk_GENERAL_NAME_value(names.get(), i)->type) {
      case GEN_DNS: ++wanted.dnsNames; break;
      case GEN_IPADD: ++wanted.addresses; break;
      case GEN_EMAIL: ++wanted.emails; break;
      case GEN_URI: ++wanted.uris; break;
      default: ++wanted.otherNames;
    }
  }
}

std::time_t secondsOf(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count(); }

std::optional<WallTime> timeOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

// Sets the certificate's lifetime; false when the authority has none left to give.
bool setLifetime(X509* cert, const X509* authority, const SigningOptions& options) {
  WallTime end = options.now + options.lifetime;
  if (options.lifetime >= kShortLife) end -= kBackdate;
  if (auto last = timeOf(X509_get0_notAfter(authority))) end = std::min(end, *last);
  ASN1_TIME_set(X509_getm_notBefore(cert), secondsOf(options.now - kBackdate));
  ASN1_TIME_set(X509_getm_notAfter(cert), secondsOf(end));
  return end > options.now;
}

void setSerial(X509* cert) {
  std::array<unsigned char, 16> serial;
  RAND_bytes(serial.data(), serial.size());
  serial[0] &= 0x7f;
  std::unique_ptr<BIGNUM, Freer<BN_free>> number(BN_bin2bn(serial.data(), serial.size(), nullptr));
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(cert));
}

void addExtensions(X509* cert, X509* authority, X509_REQ* request, const std::vector<std::string>& usages) {
  addExtension(cert, authority, NID_basic_constraints, "critical,CA:FALSE");
  const std::string key =
      namesOf(usages, {{"digital signature", "digitalSignature"}, {"key encipherment", "keyEncipherment"}});
  if (!key.empty()) addExtension(cert, authority, NID_key_usage, "critical," + key);
  const std::string purposes = namesOf(usages, {{"client auth", "clientAuth"}, {"server auth", "serverAuth"}});
  if (!purposes.empty()) addExtension(cert, authority, NID_ext_key_usage, purposes);
  addExtension(cert, authority, NID_authority_key_identifier, "keyid");
  Extensions asked = extensionsOf(request);
  const int at = asked ? X509v3_get_ext_by_NID(asked.get(), NID_subject_alt_name, -1) : -1;
  if (at >= 0) X509_add_ext(cert, X509v3_get_ext(asked.get(), at), -1);
}

std::string pemOf(X509* cert) {
  Bio out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), cert);
  char* text = nullptr;
  long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

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

Result<RequestedCertificate> Signer::read(const std::string& requestPem) {
  Result<Request> request = parse(requestPem);
  if (!request) return fail(request.error());
  RequestedCertificate wanted;
  const X509_NAME* name = X509_REQ_get_subject_name(request->get());
  std::vector<std::string> names = texts(name, NID_commonName);
  if (names.size() == 1) wanted.commonName = names[0];
  wanted.organizations = texts(name, NID_organizationName);
  countNames(request->get(), wanted);
  return wanted;
}

Result<std::string> Signer::sign(const std::string& requestPem, const SigningOptions& options) const {
  Result<Request> request = parse(requestPem);
  if (!request) return fail(request.error());
  Cert cert(X509_new());
  X509_set_version(cert.get(), 2);
  setSerial(cert.get());
  if (!setLifetime(cert.get(), authority_->cert.get(), options)) {
    return fail(Status::internal("the cluster's authority has expired: it can sign no more"));
  }
  X509_set_subject_name(cert.get(), X509_REQ_get_subject_name(request->get()));
  X509_set_issuer_name(cert.get(), X509_get_subject_name(authority_->cert.get()));
  X509_set_pubkey(cert.get(), X509_REQ_get0_pubkey(request->get()));
  addExtensions(cert.get(), authority_->cert.get(), request->get(), options.usages);
  if (X509_sign(cert.get(), authority_->key.get(), EVP_sha256()) == 0) {
    return fail(Status::internal("the TLS library refused to sign"));
  }
  return pemOf(cert.get());
}

std::optional<WallTime> Signer::endOf(std::string_view certificatePem) {
  Bio bio(BIO_new_mem_buf(certificatePem.data(), static_cast<int>(certificatePem.size())));
  Cert cert(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  return cert ? timeOf(X509_get0_notAfter(cert.get())) : std::nullopt;
}

}  // namespace cleat::certificates
