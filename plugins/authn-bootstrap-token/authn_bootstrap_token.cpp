// Authenticates nodes that join by a token that a secret holds.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/lookup.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>
#include <openssl/crypto.h>

#include "bootstrap-token-common/bootstrap_token.h"

using namespace cleat;
using core_v1::Secret;

namespace {

// How long it takes tells nothing of the secret but its length, which is always the same.
bool sameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

class BootstrapTokenAuthenticator : public AuthenticatorPlugin {
 public:
  using AuthenticatorPlugin::AuthenticatorPlugin;

  Task<Result<void>> start() override {
    secrets_.start();
    co_return Result<void>();
  }

  Task<Result<void>> authenticate(role::Credentials::Reader credentials,
                                  Call<role::AuthenticateResults>& call) override {
    const auto parts = bootstrap::splitToken(view(credentials.getBearerToken()));
    if (!parts) co_return call.notMine();
    // Such tokens name no audience: they are the API server's own, and good for nobody else.
    const std::string& own = config().server().serviceAccountIssuer;
    if (credentials.getAudiences().size() > 0 && !contains(credentials.getAudiences(), own)) co_return call.notMine();
    const std::string name = concat(bootstrap::kNamePrefix, parts->id);
    auto finding = find(name);
    auto found = co_await std::move(finding);
    if (!found && found.error().is(404)) co_return call.notMine();
    if (!found) co_return call.retry(found.error());
    const Object<Secret>& secret = *found;
    const auto token = bootstrap::tokenOf(secret);
    if (!token || !sameSecret(token->secret, parts->secret)) co_return call.notMine();
    if (deletionPending(secret.meta()) || bootstrap::isExpired(secret, context().wallNow()) ||
        !bootstrap::isFor(secret, "authentication")) {
      co_return call.notMine();
    }
    const auto groups = bootstrap::groupsOf(secret);
    if (!groups) {
      log().warn("the secret ", secret.key(), " makes nobody known: ", groups.error());
      co_return call.notMine();
    }
    role::User::Builder user = call.results().initUser();
    user.setName(concat("system:bootstrap:", parts->id));
    user.adoptGroups(textList(orphanageOf(user), *groups));
    if (!own.empty()) call.results().initAudiences(1).set(0, own);
    co_return Result<void>();
  }

 private:
  // One that was made a moment ago is looked for where it is kept.
  Task<Result<Object<Secret>>> find(std::string name) {
    const Object<Secret> known = secrets_.get(bootstrap::kNamespace, name);
    if (known) co_return known;
    auto pending = client_.get<Secret>(bootstrap::kNamespace, name);
    co_return co_await std::move(pending);
  }

  Client client_{context()};
  Informer<Secret> secrets_{
      context(), {.ns = bootstrap::kNamespace, .labelSelector = "", .fieldSelector = bootstrap::kFieldSelector}};
};

}  // namespace

CLEAT_PLUGIN(BootstrapTokenAuthenticator, .name = "authn-bootstrap-token", .version = "0.1.0", .maturity = "beta",
             .roles = "authenticator", .grants = "- secrets get,list,watch\n");
