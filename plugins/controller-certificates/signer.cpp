#include "signer.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>

#include "x509-common/certificates.h"

namespace cleat {
namespace {

using File = std::unique_ptr<FILE, int (*)(FILE*)>;

constexpr size_t kMaxRequest = 64 * 1024;

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

void freeExtensions(STACK_OF(X509_EXTENSION) * stack) { sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free); }

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

Result<RequestedSubject> Signer::read(const std::string& requestPem) {
  Result<x509::CertificateRequest> request = parse(requestPem);
  if (!request) return fail(request.error());
  RequestedSubject subject;
  const X509_NAME* name = X509_REQ_get_subject_name(request->get());
  std::vector<std::string> names = x509::textsIn(name, NID_commonName);
  if (names.size() == 1) subject.commonName = names[0];
  subject.organizations = x509::textsIn(name, NID_organizationName);
  x509::Owned<STACK_OF(X509_EXTENSION), freeExtensions> extensions(X509_REQ_get_extensions(request->get()));
  subject.namesHosts = extensions && X509v3_get_ext_by_NID(extensions.get(), NID_subject_alt_name, -1) >= 0;
  return subject;
}

Result<std::string> Signer::sign(const std::string& requestPem, int64_t seconds) const {
  Result<x509::CertificateRequest> request = parse(requestPem);
  if (!request) return fail(request.error());
  X509* issuer = authority_->cert.get();
  x509::Certificate cert = x509::newCertificate(X509_REQ_get0_pubkey(request->get()), {.seconds = seconds});
  if (!cert) return fail(Status::internal("the TLS library refused to make a certificate"));
  X509_set_subject_name(cert.get(), X509_REQ_get_subject_name(request->get()));
  X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer));
  auto add = [&](int nid, const char* value) { return x509::addExtension(cert.get(), issuer, nid, value); };
  const bool extended = add(NID_basic_constraints, "critical,CA:FALSE") &&
                        add(NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
                        add(NID_ext_key_usage, "clientAuth");
  if (!extended || X509_sign(cert.get(), authority_->key.get(), EVP_sha256()) == 0) {
    return fail(Status::internal("the TLS library refused to sign"));
  }
  std::string pem = x509::pemOf(cert.get());
  if (pem.empty()) return fail(Status::internal("the TLS library refused to write a certificate"));
  return pem;
}

}  // namespace cleat
