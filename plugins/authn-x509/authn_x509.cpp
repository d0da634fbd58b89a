// Authenticates callers by their TLS client certificate.
#include <cleat/schema/role/authn.capnp.h>
#include <cleat/sdk/plugin.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <memory>

using namespace cleat;

namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Cert = std::unique_ptr<X509, Freer<X509_free>>;
using Store = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;

constexpr size_t kMaxChain = 8;

Cert parse(capnp::Data::Reader der) {
  const unsigned char* at = der.begin();
  return Cert(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

void freeStack(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }

std::vector<std::string> subjectTexts(X509* cert, int nid) {
  std::vector<std::string> texts;
  X509_NAME* name = X509_get_subject_name(cert);
  for (int at = X509_NAME_get_index_by_NID(name, nid, -1); at >= 0; at = X509_NAME_get_index_by_NID(name, nid, at)) {
    unsigned char* text = nullptr;
    int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0) continue;
    texts.emplace_back(reinterpret_cast<char*>(text), static_cast<size_t>(size));
    OPENSSL_free(text);
  }
  return texts;
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
    context().serveConcurrent<role::Credentials, role::AuthenticateResults>(
        capnp::typeId<role::Authenticator>(), 0,
        [this](role::Credentials::Reader credentials, Call<role::AuthenticateResults>& call) {
          return authenticate(credentials, call);
        });
    co_return Result<void>();
  }

 private:
  Result<void> authenticate(role::Credentials::Reader credentials, Call<role::AuthenticateResults>& call) {
    auto chain = credentials.getClientCertificates();
    if (chain.size() == 0) return call.notMine();
    Cert leaf = parse(chain[0]);
    if (!leaf) return call.denied(Status::unauthorized("the client certificate cannot be parsed"));
    std::unique_ptr<STACK_OF(X509), Freer<freeStack>> others(sk_X509_new_null());
    for (uint32_t i = 1; i < chain.size() && i < kMaxChain; ++i) {
      if (Cert cert = parse(chain[i])) sk_X509_push(others.get(), cert.release());
    }
    std::unique_ptr<X509_STORE_CTX, Freer<X509_STORE_CTX_free>> check(X509_STORE_CTX_new());
    if (X509_STORE_CTX_init(check.get(), authorities_.get(), leaf.get(), others.get()) != 1) {
      return call.retry(Status::internal("the TLS library refused to check a certificate"));
    }
    X509_STORE_CTX_set_default(check.get(), "ssl_client");
    if (X509_verify_cert(check.get()) != 1) {
      const char* why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
      return call.denied(Status::unauthorized(std::string("the client certificate is not accepted: ") + why));
    }
    std::vector<std::string> names = subjectTexts(leaf.get(), NID_commonName);
    if (names.empty() || names[0].empty()) return call.notMine();
    std::vector<std::string> groups = subjectTexts(leaf.get(), NID_organizationName);
    role::User::Builder user = call.results().initUser();
    user.setName(names[0]);
    auto list = user.initGroups(groups.size());
    for (size_t i = 0; i < groups.size(); ++i) list.set(i, groups[i]);
    return {};
  }

  Store authorities_;  // not changed after start, so concurrent checks may share it
};

}  // namespace

CLEAT_PLUGIN(X509Authenticator, .name = "authn-x509", .version = "0.1.0", .maturity = "beta", .roles = "authenticator",
             .configSchema = "ca_file string  # PEM file of the authorities; the cluster's own when empty\n",
             .flags = CLEAT_FLAG_CONCURRENT_CALLS);
