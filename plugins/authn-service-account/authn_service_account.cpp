// Issues and checks the tokens of service accounts.
#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/authentication_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/roles.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "claims.h"
#include "jwt-common/signature.h"
#include "legacy_tokens.h"
#include "service-account-common/jwt.h"

using namespace cleat;
using authentication_v1::TokenRequest;
using core_v1::ServiceAccount;

namespace {

constexpr int64_t kShortest = 600;  // Kubernetes' own bounds, in seconds
constexpr int64_t kLongest = int64_t{1} << 32;
constexpr int64_t kDefaultSeconds = 3600;
constexpr int64_t kClockSkewSeconds = 10;
// What an object that is being deleted may still be used for, after its time.
constexpr std::chrono::seconds kDeletedLeeway{60};
constexpr uint32_t kDocumentSeconds = 3600;
constexpr const char* kConfigurationPath = "/.well-known/openid-configuration";
constexpr const char* kKeysPath = "/openid/v1/jwks";
constexpr const char* kTokenRequest = "TokenRequest.authentication.k8s.io";

Status invalidRequest(std::string_view name, const std::string& field, const std::string& value, const char* why) {
  return Status::invalid(kTokenRequest, name, {{"FieldValueInvalid", "Invalid value: " + value + ": " + why, field}});
}

// `["a" "b"]`, as Kubernetes' messages show a list.
std::string shown(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += concat(out.size() > 1 ? " " : "", "\"", text, "\"");
  return out + "]";
}

Result<void> checkRequest(TokenRequest::Reader request, const Object<ServiceAccount>& account) {
  auto meta = request.getMetadata();
  if (meta.getName().size() > 0 && view(meta.getName()) != account.name()) {
    return fail(invalidRequest(account.name(), "metadata.name", concat("\"", meta.getName(), "\""),
                               "must match the service account name if specified"));
  }
  if (meta.getNamespace().size() > 0 && view(meta.getNamespace()) != account.ns()) {
    return fail(invalidRequest(account.name(), "metadata.namespace", concat("\"", meta.getNamespace(), "\""),
                               "must match the service account namespace if specified"));
  }
  if (meta.getUid().size() > 0 && view(meta.getUid()) != account.uid()) {
    return fail(Status::conflict(kTokenRequest, account.name(),
                                 concat("the UID in the token request (", meta.getUid(),
                                        ") does not match the UID of the service account (", account.uid(), ")")));
  }
  const int64_t seconds = valueOr(request.getSpec().getExpirationSeconds(), kDefaultSeconds);
  if (seconds >= kShortest && seconds <= kLongest) return {};
  return fail(invalidRequest("", "spec.expirationSeconds", std::to_string(seconds),
                             seconds < kShortest ? "may not specify a duration less than 10 minutes"
                                                 : "may not specify a duration larger than 2^32 seconds"));
}

class ServiceAccountTokens : public RolePlugin<role::KindsRole, role::AuthenticatorRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override {
    // On a node it only says what the subresource looks like.
    if (!config().nodeName().empty()) co_return Result<void>();
    issuer_ = config().server().serviceAccountIssuer;
    CLEAT_CO_TRY(SigningKey key, loadSigningKey(config().server().pkiDir + "/sa.key"));
    key_ = std::move(key);
    keyId_ = keyId(key_.get());
    accounts_.start();
    co_return Result<void>();
  }

  Task<Result<void>> describe(Call<role::KindsDescription>& call) override {
    auto sub = call.results().initSubresources(1)[0];
    sub.setVersion("v1");
    sub.setResource("serviceaccounts");
    sub.setName("token");
    sub.setStyle("review");
    sub.setBodyGroup("authentication.k8s.io");
    sub.setBodyVersion("v1");
    sub.setBodyKind("TokenRequest");
    sub.initVerbs(1).set(0, "create");
    co_return Result<void>();
  }

  // Issues a token: the one review there is.
  Task<Result<void>> review(role::ReviewParams::Reader params, Call<role::ReviewResults>& call) override {
    if (!key_) co_return co_await KindsRole::review(params, call);
    const Object<TokenRequest> request = call.object<TokenRequest>(0);
    const Object<ServiceAccount> account = call.object<ServiceAccount>(1);
    CLEAT_CO_TRY(checkRequest(*request, account));
    const int64_t seconds = valueOr(request->getSpec().getExpirationSeconds(), kDefaultSeconds);
    const WallTime now = context().wallNow();
    TokenClaims claims;
    claims.issuer = issuer_;
    claims.id = randomId();
    claims.audiences = strings(request->getSpec().getAudiences());
    if (claims.audiences.empty()) claims.audiences.push_back(issuer_);
    claims.issuedAt = claims.notBefore = unixSeconds(now);
    claims.expiry = claims.issuedAt + seconds;
    claims.ns = account.ns();
    claims.account = {str(account.name()), str(account.uid())};
    if (request->getSpec().hasBoundObjectRef()) {
      CLEAT_CO_TRY(co_await bind(request->getSpec().getBoundObjectRef(), claims));
    }
    CLEAT_CO_TRY(std::string token, signToken(key_.get(), keyId_, writeClaims(claims)));
    Draft<TokenRequest> answer(request);
    answer->getMetadata().setName(str(account.name()));
    answer->getMetadata().setNamespace(str(account.ns()));
    answer->getMetadata().setUid(str(account.uid()));
    answer->getMetadata().setCreationTimestamp(formatTime(now));
    answer->getSpec().initExpirationSeconds().setValue(seconds);
    answer->getSpec().adoptAudiences(textList(orphanageOf(*answer), claims.audiences));
    auto status = answer->initStatus();
    status.setToken(token);
    status.setExpirationTimestamp(formatTime(now + std::chrono::seconds(seconds)));
    call.addObject(std::move(answer));
    co_return Result<void>();
  }

  // Binds the token to an object, which must be there, and where its uid is named have that one.
  Task<Result<void>> bind(authentication_v1::BoundObjectReference::Reader ref, TokenClaims& claims) {
    const std::string kind = str(ref.getKind());
    const std::string version = str(ref.getApiVersion());
    const std::string name = str(ref.getName());
    Result<std::string> uid;
    if (version == "v1" && kind == "Pod") {
      uid = co_await bindPod(name, claims);
    } else if (version == "v1" && kind == "Secret") {
      uid = co_await bindObject<core_v1::Secret>(claims.ns, name, claims.secret);
    } else if (version == "v1" && kind == "Node") {
      uid = co_await bindObject<core_v1::Node>("", name, claims.node);
    } else {
      const std::string shownVersion = version.find('/') == std::string::npos ? "/" + version : version;
      co_return fail(Status::badRequest("cannot bind token to object of type " + shownVersion + ", Kind=" + kind));
    }
    CLEAT_CO_TRY(uid);
    if (ref.getUid().size() > 0 && view(ref.getUid()) != *uid) {
      co_return fail(Status::conflict(kind, name,
                                      concat("the UID in the bound object reference (", ref.getUid(),
                                             ") does not match the UID in record. The object might have been deleted "
                                             "and then recreated")));
    }
    co_return Result<void>();
  }

  template <class K>
  Task<Result<std::string>> bindObject(std::string ns, std::string name, std::optional<TokenClaims::Reference>& claim) {
    CLEAT_CO_TRY(Object<K> found, co_await client_.get<K>(ns, name));
    claim = TokenClaims::Reference{std::move(name), str(found.uid())};
    co_return str(found.uid());
  }

  Task<Result<std::string>> bindPod(std::string name, TokenClaims& claims) {
    CLEAT_CO_TRY(Object<core_v1::Pod> pod, co_await client_.get<core_v1::Pod>(claims.ns, name));
    auto spec = pod->getSpec();
    if (view(spec.getServiceAccountName()) != claims.account.name) {
      co_return fail(Status::badRequest(concat("cannot bind token for serviceaccount \"", claims.account.name,
                                               "\" to pod running with different serviceaccount name.")));
    }
    claims.pod = TokenClaims::Reference{std::move(name), str(pod.uid())};
    if (const std::string on = str(spec.getNodeName()); !on.empty()) {
      Result<Object<core_v1::Node>> node = co_await client_.get<core_v1::Node>("", on);
      if (!node && !node.error().is(404)) co_return fail(node.error());
      claims.node = TokenClaims::Reference{on, node ? str(node->uid()) : ""};
    }
    co_return str(pod.uid());
  }

  Task<Result<void>> authenticate(role::Credentials::Reader credentials,
                                  Call<role::AuthenticateResults>& call) override {
    if (!key_) co_return co_await AuthenticatorRole::authenticate(credentials, call);
    const std::string_view token = view(credentials.getBearerToken());
    if (token.empty()) co_return call.notMine();
    Result<boost::json::object> peeked = peekClaims(token);
    const std::string issuer = peeked ? readClaims(*peeked).issuer : std::string();
    if (issuer != issuer_ && issuer != legacy::kIssuer) co_return call.notMine();
    Result<boost::json::object> checked = checkToken(key_.get(), token);
    if (!checked) co_return call.denied(checked.error());
    if (issuer == legacy::kIssuer) co_return co_await authenticateLegacy(*checked, credentials, call);
    const TokenClaims claims = readClaims(*checked);
    auto shared = sharedAudiences(claims.audiences, credentials);
    if (!shared) co_return call.denied(shared.error());
    Result<void> good = co_await stillGood(claims);
    if (!good && good.error().is(401)) co_return call.denied(good.error());
    if (!good) co_return call.retry(good.error());
    fillAnswer(call.results(), claims, *shared);
    co_return Result<void>();
  }

  // By a token that lies in a secret. It is for the API server alone, and says nothing of pods and nodes.
  Task<Result<void>> authenticateLegacy(boost::json::object object, role::Credentials::Reader credentials,
                                        Call<role::AuthenticateResults>& call) {
    auto shared = sharedAudiences({issuer_}, credentials);
    if (!shared) co_return call.denied(shared.error());
    const std::optional<legacy::Claims> claims = legacy::readClaims(object);
    if (!claims) co_return call.denied(Status::unauthorized("the token's claims do not belong together"));
    const std::string token = str(view(credentials.getBearerToken()));
    Result<void> good = co_await legacy_.holds(*claims, token);
    const TokenClaims::Reference account{claims->account, claims->accountUid};
    if (good) good = co_await accountStands(claims->ns, account);
    if (!good && good.error().is(401)) co_return call.denied(good.error());
    if (!good) co_return call.retry(good.error());
    legacy_.used(*claims);
    fillUser(call.results(), claims->ns, account, *shared);
    co_return Result<void>();
  }

  // Those that the token is for and that are asked about; an error where there are none.
  Result<std::vector<std::string>> sharedAudiences(const std::vector<std::string>& audiences,
                                                   role::Credentials::Reader credentials) const {
    std::vector<std::string> wanted = strings(credentials.getAudiences());
    if (wanted.empty()) wanted.push_back(issuer_);
    std::vector<std::string> shared;
    for (const std::string& audience : audiences) {
      if (std::ranges::find(wanted, audience) != wanted.end()) shared.push_back(audience);
    }
    if (!shared.empty()) return shared;
    return fail(Status::unauthorized("token audiences " + shown(audiences) + " is invalid for the target audiences " +
                                     shown(wanted)));
  }

  // What others need to check these tokens (OpenID Connect Discovery 1.0). An issuer whose name is no URL of the web
  // publishes nothing.
  Task<Result<void>> document(role::DocumentParams::Reader params, Call<role::DocumentResults>& call) override {
    const std::string path = pathOf(view(params.getPath()));
    if (!key_ || !issuer_.starts_with("https://")) co_return call.notMine();
    const boost::json::object key = publicKey(key_.get(), keyId_);
    if (key.empty() || (path != kConfigurationPath && path != kKeysPath)) co_return call.notMine();
    auto results = call.results();
    results.setMaxAgeSeconds(kDocumentSeconds);
    if (path == kKeysPath) {
      results.setContentType("application/jwk-set+json");
      results.setBody(boost::json::serialize(boost::json::object{{"keys", boost::json::array{key}}}));
      co_return Result<void>();
    }
    results.setContentType("application/json");
    results.setBody(boost::json::serialize(boost::json::object{
        {"issuer", issuer_},
        {"jwks_uri", config().server().url + kKeysPath},
        {"response_types_supported", boost::json::array{"id_token"}},
        {"subject_types_supported", boost::json::array{"public"}},
        {"id_token_signing_alg_values_supported", boost::json::array{jwt::algorithmOf(key_.get())}}}));
    co_return Result<void>();
  }

  // The path, without a slash at its end.
  static std::string pathOf(std::string_view path) {
    return str(path.ends_with('/') ? path.substr(0, path.size() - 1) : path);
  }

  // 401 when its time is over, or something that it depends on is gone; other errors: that cannot be told now.
  Task<Result<void>> stillGood(const TokenClaims& claims) {
    const int64_t now = unixSeconds(context().wallNow());
    if (now >= claims.expiry) co_return fail(Status::unauthorized("service account token has expired"));
    if (now < claims.notBefore - kClockSkewSeconds) {
      co_return fail(Status::unauthorized("service account token is not valid yet"));
    }
    if (claims.ns.empty() || claims.account.name.empty()) {
      co_return fail(Status::unauthorized("the token names no service account"));
    }
    CLEAT_CO_TRY(co_await accountStands(claims.ns, claims.account));
    Result<void> bound;
    if (claims.secret) bound = co_await stillBound<core_v1::Secret>(claims.ns, *claims.secret, "secret");
    if (bound && claims.pod) bound = co_await stillBound<core_v1::Pod>(claims.ns, *claims.pod, "pod");
    if (bound && claims.node && !claims.pod) bound = co_await stillBound<core_v1::Node>("", *claims.node, "node");
    co_return bound;
  }

  Task<Result<void>> accountStands(std::string ns, TokenClaims::Reference named) {
    Object<ServiceAccount> account = accounts_.get(ns, named.name);
    if (!account || account.uid() != named.uid) {
      Result<Object<ServiceAccount>> live = co_await client_.get<ServiceAccount>(ns, named.name);
      if (!live && live.error().is(404)) co_return fail(Status::unauthorized(live.error().message));
      CLEAT_CO_TRY(live);
      account = *live;
    }
    if (deleted(account)) {
      co_return fail(Status::unauthorized("service account " + account.key() + " has been deleted"));
    }
    if (account.uid() == named.uid) co_return Result<void>();
    co_return fail(Status::unauthorized(
        concat("service account UID (", account.uid(), ") does not match claim (", named.uid, ")")));
  }

  template <class K>
  Task<Result<void>> stillBound(std::string ns, TokenClaims::Reference ref, std::string_view what) {
    Result<Object<K>> live = co_await client_.get<K>(ns, ref.name);
    if (!live && !live.error().is(404)) co_return fail(live.error());
    if (!live || deleted(*live)) co_return fail(Status::unauthorized("service account token has been invalidated"));
    if (live->uid() == ref.uid) co_return Result<void>();
    co_return fail(Status::unauthorized(
        concat(what, " UID (", live->uid(), ") does not match service account ", what, " ref claim (", ref.uid, ")")));
  }

  // Whether the time of an object that is being deleted is over: a pod's grace period, say.
  bool deleted(const AnyRef& object) {
    if (!deletionPending(object.meta())) return false;
    std::optional<WallTime> at = parseTime(object.meta().getDeletionTimestamp());
    return !at || *at + kDeletedLeeway < context().wallNow();
  }

  static void fillUser(role::AuthenticateResults::Builder results, const std::string& ns,
                       const TokenClaims::Reference& account, const std::vector<std::string>& audiences) {
    auto user = results.initUser();
    user.setName("system:serviceaccount:" + ns + ":" + account.name);
    user.setUid(account.uid);
    user.adoptGroups(textList(orphanageOf(user),
                              std::vector<std::string>{"system:serviceaccounts", "system:serviceaccounts:" + ns}));
    results.adoptAudiences(textList(orphanageOf(results), audiences));
  }

  static void fillAnswer(role::AuthenticateResults::Builder results, const TokenClaims& claims,
                         const std::vector<std::string>& audiences) {
    fillUser(results, claims.ns, claims.account, audiences);
    auto user = results.getUser();
    std::vector<std::pair<std::string, std::string>> facts{{"credential-id", "JTI=" + claims.id}};
    if (claims.node) {
      facts.emplace_back("node-name", claims.node->name);
      if (!claims.node->uid.empty()) facts.emplace_back("node-uid", claims.node->uid);
    }
    if (claims.pod) {
      facts.emplace_back("pod-name", claims.pod->name);
      facts.emplace_back("pod-uid", claims.pod->uid);
    }
    auto extra = user.initExtra(facts.size());
    for (uint32_t i = 0; i < facts.size(); ++i) {
      extra[i].setKey("authentication.kubernetes.io/" + facts[i].first);
      extra[i].initValues(1).set(0, facts[i].second);
    }
  }

  static int64_t unixSeconds(WallTime time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  }

  std::string randomId() {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::array<unsigned char, 16> bytes;
    context().random(bytes.data(), bytes.size());
    std::string id;
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
      id += kHex[bytes[i] >> 4];
      id += kHex[bytes[i] & 15];
    }
    return id;
  }

  std::string issuer_, keyId_;
  SigningKey key_;
  Client client_{context()};
  Informer<ServiceAccount> accounts_{context()};
  LegacyTokens legacy_{context(), client_};
};

}  // namespace

CLEAT_PLUGIN(ServiceAccountTokens, .name = "authn-service-account", .version = "0.1.0", .maturity = "beta",
             .roles = "authenticator kinds",
             .grants = "- serviceaccounts,pods,secrets get,list,watch\n- nodes get\n- secrets patch\n");
