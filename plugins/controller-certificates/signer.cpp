#include "signer.h"

#include <cleat/sdk/text.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "x509-common/certificates.h"

namespace cleat::certificates {
namespace {

using File = std::unique_ptr<FILE, int (*)(FILE*)>;

void freeExtensions(STACK_OF(X509_EXTENSION) * stack) { sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free); }
using Extensions = x509::Owned<STACK_OF(X509_EXTENSION), freeExtensions>;
using Names = x509::Owned<GENERAL_NAMES, GENERAL_NAMES_free>;

constexpr size_t kMaxRequest = 64 * 1024;
// Clocks differ a little. What lives long gives that time away at its end.
constexpr auto kBackdate = std::chrono::minutes(5);
constexpr auto kShortLife = std::chrono::hours(8);

File openFile(const std::string& path) { return File(std::fopen(path.c_str(), "re"), std::fclose); }

Result<x509::CertificateRequest> parse(const std::string& pem) {
  if (pem.size() > kMaxRequest) return fail(Status::badRequest("spec.request: more than 65536 bytes"));
  x509::CertificateRequest request = x509::parseRequest(pem);
  if (!request) return fail(Status::badRequest("spec.request: this is no certificate request in PEM form"));
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (key == nullptr || X509_REQ_verify(request.get(), key) != 1) {
    return fail(Status::badRequest("spec.request: the request's signature is not good"));
  }
  return request;
}

Extensions extensionsOf(X509_REQ* request) { return Extensions(X509_REQ_get_extensions(request)); }

// Those of `usages` that are named in `names`, as OpenSSL writes them.
std::string namesOf(const std::vector<std::string>& usages,
                    std::initializer_list<std::pair<const char*, const char*>> names) {
  std::string list;
  for (const auto& [usage, name] : names) {
    if (std::ranges::find(usages, usage) != usages.end()) list += concat(list.empty() ? "" : ",", name);
  }
  return list;
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

std::time_t secondsOf(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

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

// False when the library refuses one.
bool addExtensions(X509* cert, X509* authority, X509_REQ* request, const std::vector<std::string>& usages) {
  auto add = [&](int nid, const std::string& value) {
    return value.empty() || x509::addExtension(cert, authority, nid, value);
  };
  const std::string key =
      namesOf(usages, {{"digital signature", "digitalSignature"}, {"key encipherment", "keyEncipherment"}});
  const std::string purposes = namesOf(usages, {{"client auth", "clientAuth"}, {"server auth", "serverAuth"}});
  if (!add(NID_basic_constraints, "critical,CA:FALSE") || !add(NID_key_usage, key.empty() ? "" : "critical," + key) ||
      !add(NID_ext_key_usage, purposes)) {
    return false;
  }
  // An authority that has no identifier of its own lends none.
  (void)add(NID_authority_key_identifier, "keyid");
  Extensions asked = extensionsOf(request);
  const int at = asked ? X509v3_get_ext_by_NID(asked.get(), NID_subject_alt_name, -1) : -1;
  return at < 0 || X509_add_ext(cert, X509v3_get_ext(asked.get(), at), -1) == 1;
}

}  // namespace

struct Signer::Authority {
  x509::Certificate cert;
  x509::Key key;
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
  CLEAT_TRY(x509::CertificateRequest request, parse(requestPem));
  RequestedCertificate wanted;
  const X509_NAME* name = X509_REQ_get_subject_name(request.get());
  std::vector<std::string> names = x509::textsIn(name, NID_commonName);
  if (names.size() == 1) wanted.commonName = names[0];
  wanted.organizations = x509::textsIn(name, NID_organizationName);
  countNames(request.get(), wanted);
  return wanted;
}

Result<std::string> Signer::sign(const std::string& requestPem, const SigningOptions& options) const {
  CLEAT_TRY(x509::CertificateRequest request, parse(requestPem));
  X509* issuer = authority_->cert.get();
  x509::Certificate cert = x509::newCertificate(X509_REQ_get0_pubkey(request.get()), {});
  if (!cert) return fail(Status::internal("the TLS library refused to make a certificate"));
  if (!setLifetime(cert.get(), issuer, options)) {
    return fail(Status::internal("the cluster's authority has expired: it can sign no more"));
  }
  X509_set_subject_name(cert.get(), X509_REQ_get_subject_name(request.get()));
  X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer));
  if (!addExtensions(cert.get(), issuer, request.get(), options.usages) ||
      X509_sign(cert.get(), authority_->key.get(), EVP_sha256()) == 0) {
    return fail(Status::internal("the TLS library refused to sign"));
  }
  std::string pem = x509::pemOf(cert.get());
  if (pem.empty()) return fail(Status::internal("the TLS library refused to write a certificate"));
  return pem;
}

std::optional<WallTime> Signer::endOf(std::string_view certificatePem) {
  x509::Certificate cert = x509::parseCertificate(certificatePem);
  return cert ? timeOf(X509_get0_notAfter(cert.get())) : std::nullopt;
}

}  // namespace cleat::certificates
