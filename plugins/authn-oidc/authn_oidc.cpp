// Authenticates callers by the tokens of OpenID Connect providers.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "authentication_config.h"
#include "claim_mapping.h"
#include "issuer_keys.h"
#include "jwt-common/json_web_keys.h"
#include "remote-common/followed_file.h"

using namespace cleat;
using namespace cleat::oidc;

namespace {

constexpr int64_t kNotBeforeLeewaySeconds = 5 * 60;
constexpr Duration kReserve = std::chrono::milliseconds(500);  // of the call's time, for the answer
constexpr Duration kLongestWait = std::chrono::seconds(5);     // for an issuer that takes its time
constexpr size_t kMostAnswer = 1024 * 1024;

int64_t unixSeconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::string textOf(JsonView claims, std::string_view name) {
  auto claim = claims.member(name);
  return claim ? str(claim->text()) : std::string();
}

std::vector<std::string> audiencesOf(JsonView claims) {
  auto claim = claims.member("aud");
  if (!claim) return {};
  if (claim->isText()) return {str(claim->text())};
  std::vector<std::string> all;
  for (JsonView each : claim->items()) all.push_back(str(each.text()));
  return all;
}

// `["a" "b"]`, as messages show a list.
std::string shown(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += concat(out.size() > 1 ? " " : "", inQuotes(text));
  return out + "]";
}

Status wrongToken(std::string_view why) { return Status::unauthorized(concat("oidc: verify token: oidc: ", why)); }

// Whether it is for this cluster and of this time.
Result<void> checkToken(const jwt::SignedToken& token, const IssuerConfig& issuer, WallTime now) {
  const JsonView claims = token.claims.view();
  auto expiry = claims.member("exp"), notBefore = claims.member("nbf");
  if (!expiry || !expiry->isNumber()) return fail(wrongToken("the token has no expiry"));
  // Times may have a fraction (RFC 7519, section 2).
  if (expiry->number() < static_cast<double>(unixSeconds(now))) {
    const int64_t seconds = static_cast<int64_t>(std::clamp(expiry->number(), 0.0, 253402300799.0));
    return fail(wrongToken(
        concat("token is expired (Token Expiry: ", formatTime(WallTime(std::chrono::seconds(seconds))), ")")));
  }
  if (notBefore && notBefore->number() > static_cast<double>(unixSeconds(now) + kNotBeforeLeewaySeconds)) {
    return fail(wrongToken(concat("current time ", formatTime(now), " before the nbf (not before) time")));
  }
  if (std::ranges::find(issuer.algorithms, token.algorithm) == issuer.algorithms.end()) {
    return fail(wrongToken(concat("id token signed with unsupported algorithm, expected ", shown(issuer.algorithms),
                                  " got ", inQuotes(token.algorithm))));
  }
  const std::vector<std::string> audiences = audiencesOf(claims);
  const bool isMeant = std::ranges::any_of(
      audiences, [&](const auto& one) { return std::ranges::find(issuer.audiences, one) != issuer.audiences.end(); });
  if (isMeant) return {};
  if (issuer.audiences.size() == 1) {
    return fail(wrongToken(concat("expected audience ", inQuotes(issuer.audiences[0]), " got ", shown(audiences))));
  }
  return fail(wrongToken(concat("expected audience in ", shown(issuer.audiences), " got ", shown(audiences))));
}

using KeysPtr = std::shared_ptr<IssuerKeys>;

class OidcAuthenticator : public AuthenticatorPlugin {
 public:
  using AuthenticatorPlugin::AuthenticatorPlugin;

  Task<Result<void>> start() override {
    const std::string file = config().string("config");
    CLEAT_CO_TRY(std::vector<IssuerConfig> issuers, issuerOfSettings(config()));
    if (!file.empty() && !issuers.empty()) {
      co_return fail(Status::badRequest("[plugins.authn-oidc] config and issuer_url exclude each other"));
    }
    if (!file.empty()) {
      CLEAT_CO_TRY(AuthenticationConfig read,
                   file_.read(file, [this](const std::string& from) { return readAtStart(from); }));
      issuers = std::move(read.issuers);
      anonymous_ = std::move(read.anonymous);
    }
    take(std::move(issuers));
    co_return Result<void>();
  }
  void stop() override { client_.stop(); }

  Task<Result<void>> authenticate(role::Credentials::Reader credentials,
                                  Call<role::AuthenticateResults>& call) override {
    if (credentials.getBearerToken().size() == 0) co_return call.notMine();
    if (auto now = file_.changed([this](const std::string& from) { return readAgain(from); })) {
      take(std::move(now->issuers));
    }
    const std::optional<jwt::SignedToken> token = jwt::parseToken(view(credentials.getBearerToken()));
    if (!token) co_return call.notMine();
    const std::string name = textOf(token->claims.view(), "iss");
    auto found = std::ranges::find_if(issuers_, [&](const KeysPtr& one) { return one->issuer().url == name; });
    if (found == issuers_.end()) co_return call.notMine();
    const KeysPtr keys = *found;
    // They are for the API server alone, whatever they say of audiences: what those mean is a matter of the issuer.
    const std::string& own = config().server().serviceAccountIssuer;
    if (credentials.getAudiences().size() > 0 && !contains(credentials.getAudiences(), own)) co_return call.notMine();
    auto good = checkToken(*token, keys->issuer(), context().wallNow());
    if (!good) co_return call.denied(good.error());
    const Instant until = std::min(call.deadline() - kReserve, context().now() + kLongestWait);
    auto checking = keys->check(*token, until);
    good = co_await std::move(checking);
    if (!good && good.error().is(401)) co_return call.denied(good.error());
    if (!good) co_return call.retry(good.error());
    auto user = mapClaims(token->claims.view(), keys->issuer());
    if (!user) co_return call.denied(user.error());
    auto results = call.results();
    remote::fillUser(results.initUser(), *user);
    if (!own.empty()) results.initAudiences(1).set(0, own);
    co_return Result<void>();
  }

  Task<Result<void>> anonymous(Call<role::AnonymousResults>& call) override {
    if (!anonymous_) co_return Result<void>();
    auto results = call.results();
    results.setDecides(true);
    results.setAllowed(anonymous_->enabled);
    results.adoptPaths(textList(orphanageOf(results), anonymous_->paths));
    co_return Result<void>();
  }

 private:
  void take(std::vector<IssuerConfig> issuers) {
    for (const KeysPtr& old : issuers_) old->retire();
    issuers_.clear();
    for (IssuerConfig& one : issuers) {
      issuers_.push_back(std::make_shared<IssuerKeys>(context(), client_, std::move(one)));
      issuers_.back()->prepare();
    }
  }

  Result<AuthenticationConfig> readAtStart(const std::string& file) const {
    return readAuthenticationConfig(file, config().server().serviceAccountIssuer);
  }
  // As in Kubernetes, who comes in without credentials is decided once.
  Result<AuthenticationConfig> readAgain(const std::string& file) const {
    CLEAT_TRY(AuthenticationConfig now, readAtStart(file));
    if (now.anonymous == anonymous_) return now;
    return fail(Status::badRequest(concat(file, ": anonymous: Forbidden: changed from initial configuration file")));
  }

  // A file that has changed counts from the next token on.
  remote::FollowedFile file_{context(), "authentication configuration"};
  webhook::HttpsClient client_{context(), {.mostBody = kMostAnswer, .mostAtOnce = 8, .mostKept = 1}};
  std::vector<KeysPtr> issuers_;
  std::optional<AnonymousConfig> anonymous_;
};

}  // namespace

CLEAT_PLUGIN(OidcAuthenticator, .name = "authn-oidc", .version = "0.1.0", .maturity = "beta", .roles = "authenticator",
             .configSchema =
                 "config string  # file with an AuthenticationConfiguration; empty: the settings below\n"
                 "issuer_url string  # the one issuer, https://\n"
                 "client_id string  # the audience that its tokens are for\n"
                 "ca_file string  # authorities of the issuer's certificate, PEM; empty: what this machine trusts\n"
                 "signing_algs list RS256 # how tokens may be signed\n"
                 "username_claim string sub # whose value is the user's name\n"
                 "username_prefix string  # in front of it; empty: the issuer's URL and #, but for email; -: none\n"
                 "groups_claim string  # whose value are the groups; empty: none\n"
                 "groups_prefix string  # in front of each\n"
                 "required_claims list  # CLAIM=VALUE that a token must have\n");
