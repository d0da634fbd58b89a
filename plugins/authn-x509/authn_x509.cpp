// Authenticates callers by their TLS client certificate.
#include <cleat/schema/role/authn.methods.h>
#include <cleat/sdk/plugin.h>
#include <openssl/x509_vfy.h>

#include <algorithm>

#include "x509-common/certificates.h"

using namespace cleat;

namespace {

using Store = x509::Owned<X509_STORE, X509_STORE_free>;

constexpr size_t kMaxChain = 8;
constexpr const char* kCredentialId = "authentication.kubernetes.io/credential-id";

void freeStack(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }

// A name with a NUL inside would be another name to whoever stops reading there.
bool holdsNul(const std::vector<std::string>& texts) {
  return std::ranges::any_of(texts, [](const std::string& text) { return text.find('\0') != std::string::npos; });
}

std::string sha256Hex(X509* certificate) {
  constexpr std::string_view kHex = "0123456789abcdef";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return {};
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    text += kHex[digest[i] >> 4];
    text += kHex[digest[i] & 15];
  }
  return text;
}

class X509Authenticator : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    std::string file = config().string("ca_file");
    if (file.empty()) file = config().server().caFile;
    authorities_.reset(X509_STORE_new());
    if (X509_STORE_load_file(authorities_.get(), file.c_str()) != 1) {
      co_return fail(Status::internal("cannot read certificates of authorities from " + file));
    }
    context().serveConcurrent(role::authenticator::authenticate,
                              [this](role::Credentials::Reader credentials, Call<role::AuthenticateResults>& call) {
                                return authenticate(credentials, call);
                              });
    co_return Result<void>();
  }

 private:
  Result<void> authenticate(role::Credentials::Reader credentials, Call<role::AuthenticateResults>& call) {
    auto chain = credentials.getClientCertificates();
    if (chain.size() == 0) return call.notMine();
    x509::Certificate leaf = x509::parseDer(view(chain[0]));
    if (!leaf) return call.denied(Status::unauthorized("the client certificate cannot be parsed"));
    x509::Owned<STACK_OF(X509), freeStack> others(sk_X509_new_null());
    for (uint32_t i = 1; i < chain.size() && i < kMaxChain; ++i) {
      if (x509::Certificate cert = x509::parseDer(view(chain[i]))) sk_X509_push(others.get(), cert.release());
    }
    x509::Owned<X509_STORE_CTX, X509_STORE_CTX_free> check(X509_STORE_CTX_new());
    if (X509_STORE_CTX_init(check.get(), authorities_.get(), leaf.get(), others.get()) != 1) {
      return call.retry(Status::internal("the TLS library refused to check a certificate"));
    }
    X509_STORE_CTX_set_default(check.get(), "ssl_client");
    if (X509_verify_cert(check.get()) != 1) {
      const char* why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
      return call.denied(Status::unauthorized(std::string("the client certificate is not accepted: ") + why));
    }
    return answer(leaf.get(), call);
  }

  static Result<void> answer(X509* leaf, Call<role::AuthenticateResults>& call) {
    const X509_NAME* subject = X509_get_subject_name(leaf);
    const std::vector<std::string> names = x509::textsIn(subject, NID_commonName);
    const std::vector<std::string> groups = x509::textsIn(subject, NID_organizationName);
    if (holdsNul(names) || holdsNul(groups)) {
      return call.denied(Status::unauthorized("the client certificate's subject holds a NUL"));
    }
    // Of several common names the last one counts, as for Kubernetes.
    if (names.empty() || names.back().empty()) return call.notMine();
    role::User::Builder user = call.results().initUser();
    user.setName(names.back());
    auto list = user.initGroups(groups.size());
    for (size_t i = 0; i < groups.size(); ++i) list.set(i, groups[i]);
    auto credential = user.initExtra(1)[0];
    credential.setKey(kCredentialId);
    credential.initValues(1).set(0, "X509SHA256=" + sha256Hex(leaf));
    return {};
  }

  Store authorities_;  // not changed after start, so concurrent checks may share it
};

}  // namespace

CLEAT_PLUGIN(X509Authenticator, .name = "authn-x509", .version = "0.1.0", .maturity = "beta", .roles = "authenticator",
             .configSchema = "ca_file string  # PEM file of the authorities; the cluster's own when empty\n",
             .flags = CLEAT_FLAG_CONCURRENT_CALLS);
