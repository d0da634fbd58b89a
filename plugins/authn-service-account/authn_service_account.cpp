// Issues and checks the tokens of service accounts.
#include <cleat/schema/role/authn.capnp.h>
#include <cleat/schema/role/kinds.capnp.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/authentication_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include <algorithm>
#include <array>

#include "jwt.h"

using namespace cleat;
using authentication_v1::TokenRequest;

namespace {

constexpr uint16_t kDescribe = 0;
constexpr uint16_t kReview = 6;
constexpr int64_t kShortest = 600;               // Kubernetes' own bounds, in seconds
constexpr int64_t kLongest = int64_t{1} << 32;
constexpr int64_t kDefaultSeconds = 3600;

void describe(role::KindsDescription::Builder description) {
  auto sub = description.initSubresources(1)[0];
  sub.setVersion("v1");
  sub.setResource("serviceaccounts");
  sub.setName("token");
  sub.setStyle("review");
  sub.setBodyGroup("authentication.k8s.io");
  sub.setBodyVersion("v1");
  sub.setBodyKind("TokenRequest");
  sub.initVerbs(1).set(0, "create");
}

std::string text(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

const boost::json::object* member(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value ? value->if_object() : nullptr;
}

int64_t number(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value && value->is_int64() ? value->get_int64() : 0;
}

std::vector<std::string> audiencesOf(const boost::json::object& claims) {
  std::vector<std::string> audiences;
  const boost::json::value* value = claims.if_contains("aud");
  if (value && value->is_string()) audiences.emplace_back(value->get_string());
  if (value && value->is_array()) {
    for (const boost::json::value& one : value->get_array()) {
      if (one.is_string()) audiences.emplace_back(one.get_string());
    }
  }
  return audiences;
}

class ServiceAccountTokens : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    context().serve<void, role::KindsDescription>(capnp::typeId<role::Kinds>(), kDescribe,
                                                  [](Call<role::KindsDescription>& call) -> Result<void> {
                                                    describe(call.results());
                                                    return {};
                                                  });
    // On a node it only says what the subresource looks like.
    if (!config().nodeName().empty()) co_return Result<void>();
    issuer_ = config().server().serviceAccountIssuer;
    Result<SigningKey> key = loadSigningKey(config().server().pkiDir + "/sa.key");
    if (!key) co_return fail(key.error());
    key_ = std::move(*key);
    keyId_ = keyId(key_.get());
    context().serve<role::ReviewParams, role::ReviewResults>(
        capnp::typeId<role::Kinds>(), kReview,
        [this](role::ReviewParams::Reader params, Call<role::ReviewResults>& call) { return issue(params, call); });
    context().serve<role::Credentials, role::AuthenticateResults>(
        capnp::typeId<role::Authenticator>(), 0,
        [this](role::Credentials::Reader credentials, Call<role::AuthenticateResults>& call) {
          return authenticate(credentials, call);
        });
    accounts_.start();
    co_return Result<void>();
  }

 private:
  Result<void> issue(role::ReviewParams::Reader params, Call<role::ReviewResults>& call) {
    const std::string ns = str(params.getRef().getNamespace());
    const Object<TokenRequest> request = call.object<TokenRequest>(0);
    const Object<core_v1::ServiceAccount> account = call.object<core_v1::ServiceAccount>(1);
    int64_t seconds = valueOr(request->getSpec().getExpirationSeconds(), kDefaultSeconds);
    if (seconds < kShortest || seconds > kLongest) {
      const bool low = seconds < kShortest;
      return fail(Status::invalid("TokenRequest.authentication.k8s.io", "",
                                  {{"FieldValueInvalid",
                                    "Invalid value: " + std::to_string(seconds) +
                                        (low ? ": may not specify a duration less than 10 minutes"
                                             : ": may not specify a duration larger than 2^32 seconds"),
                                    "spec.expirationSeconds"}}));
    }
    const int64_t now = unixSeconds();
    boost::json::array audiences;
    for (auto audience : request->getSpec().getAudiences()) audiences.emplace_back(view(audience));
    if (audiences.empty()) audiences.emplace_back(issuer_);
    boost::json::object about{{"namespace", ns},
                              {"serviceaccount", {{"name", account.name()}, {"uid", account.uid()}}}};
    if (request->getSpec().hasBoundObjectRef()) {
      auto bound = request->getSpec().getBoundObjectRef();
      const char* member = view(bound.getKind()) == "Pod" ? "pod" : view(bound.getKind()) == "Secret" ? "secret" : nullptr;
      if (member == nullptr) {
        return fail(Status::badRequest("cannot bind token to object of type " + str(bound.getKind())));
      }
      about[member] = {{"name", view(bound.getName())}, {"uid", view(bound.getUid())}};
    }
    boost::json::object claims{{"aud", audiences},
                               {"exp", now + seconds},
                               {"iat", now},
                               {"iss", issuer_},
                               {"jti", randomId()},
                               {"kubernetes.io", about},
                               {"nbf", now},
                               {"sub", "system:serviceaccount:" + ns + ":" + std::string(account.name())}};
    Result<std::string> token = signToken(key_.get(), keyId_, claims);
    if (!token) return fail(token.error());
    Draft<TokenRequest> answer(request);
    answer->getSpec().initExpirationSeconds().setValue(seconds);
    answer->getSpec().adoptAudiences(textList(orphanageOf(*answer), audiencesOf(claims)));
    auto status = answer->initStatus();
    status.setToken(*token);
    status.setExpirationTimestamp(formatTime(context().wallNow() + std::chrono::seconds(seconds)));
    answer->getMetadata().setName(str(account.name()));
    answer->getMetadata().setNamespace(ns);
    call.addObject(std::move(answer));
    return {};
  }

  Task<Result<void>> authenticate(role::Credentials::Reader credentials, Call<role::AuthenticateResults>& call) {
    const std::string_view token = view(credentials.getBearerToken());
    if (token.empty()) co_return call.notMine();
    Result<boost::json::object> peeked = peekClaims(token);
    if (!peeked || text(*peeked, "iss") != issuer_) co_return call.notMine();
    Result<boost::json::object> claims = checkToken(key_.get(), token);
    if (!claims) co_return call.denied(claims.error());
    const int64_t now = unixSeconds();
    if (now >= number(*claims, "exp")) co_return call.denied(Status::unauthorized("service account token has expired"));
    if (now < number(*claims, "nbf") - 10) {
      co_return call.denied(Status::unauthorized("service account token is not valid yet"));
    }
    std::vector<std::string> wanted = strings(credentials.getAudiences());
    if (wanted.empty()) wanted.push_back(issuer_);
    std::vector<std::string> shared;
    for (const std::string& audience : audiencesOf(*claims)) {
      if (std::find(wanted.begin(), wanted.end(), audience) != wanted.end()) shared.push_back(audience);
    }
    if (shared.empty()) co_return call.denied(Status::unauthorized("token audiences are for somebody else"));

    const boost::json::object* about = member(*claims, "kubernetes.io");
    const boost::json::object* named = about ? member(*about, "serviceaccount") : nullptr;
    if (named == nullptr) co_return call.denied(Status::unauthorized("the token names no service account"));
    const std::string ns = text(*about, "namespace");
    const std::string name = text(*named, "name");
    const std::string uid = text(*named, "uid");
    Result<bool> alive = co_await lives<core_v1::ServiceAccount>(ns, name, uid, accounts_.get(ns, name));
    if (!alive) co_return call.retry(alive.error());
    if (!*alive) co_return call.denied(Status::unauthorized("service account " + ns + "/" + name + " has been deleted"));
    if (const boost::json::object* pod = member(*about, "pod")) {
      Result<bool> bound = co_await lives<core_v1::Pod>(ns, text(*pod, "name"), text(*pod, "uid"), {});
      if (!bound) co_return call.retry(bound.error());
      if (!*bound) co_return call.denied(Status::unauthorized("the pod that the token is bound to has been deleted"));
    }
    if (const boost::json::object* secret = member(*about, "secret")) {
      Result<bool> bound = co_await lives<core_v1::Secret>(ns, text(*secret, "name"), text(*secret, "uid"), {});
      if (!bound) co_return call.retry(bound.error());
      if (!*bound) co_return call.denied(Status::unauthorized("the secret that the token is bound to has been deleted"));
    }
    fillAnswer(call.results(), ns, name, uid, *about, shared);
    co_return Result<void>();
  }

  static void fillAnswer(role::AuthenticateResults::Builder results, const std::string& ns, const std::string& name,
                         const std::string& uid, const boost::json::object& about,
                         const std::vector<std::string>& audiences) {
    auto user = results.initUser();
    user.setName("system:serviceaccount:" + ns + ":" + name);
    user.setUid(uid);
    user.adoptGroups(textList(orphanageOf(user), std::vector<std::string>{"system:serviceaccounts",
                                                                          "system:serviceaccounts:" + ns}));
    if (const boost::json::object* pod = member(about, "pod")) {
      auto extra = user.initExtra(2);
      extra[0].setKey("authentication.kubernetes.io/pod-name");
      extra[0].initValues(1).set(0, text(*pod, "name"));
      extra[1].setKey("authentication.kubernetes.io/pod-uid");
      extra[1].initValues(1).set(0, text(*pod, "uid"));
    }
    results.adoptAudiences(textList(orphanageOf(results), audiences));
  }

  // Whether the object is there with that uid. `known` is what an informer has of it.
  template <class K>
  Task<Result<bool>> lives(std::string ns, std::string name, std::string uid, Object<K> known) {
    if (known && known.uid() == uid) co_return true;
    Result<Object<K>> live = co_await client_.get<K>(ns, name);
    if (!live && live.error().is(404)) co_return false;
    if (!live) co_return fail(live.error());
    co_return live->uid() == uid;
  }

  int64_t unixSeconds() const {
    return std::chrono::duration_cast<std::chrono::seconds>(context_->wallNow().time_since_epoch()).count();
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

  Context* context_ = &context();
  std::string issuer_, keyId_;
  SigningKey key_;
  Client client_{context()};
  Informer<core_v1::ServiceAccount> accounts_{context()};
};

}  // namespace

CLEAT_PLUGIN(ServiceAccountTokens, .name = "authn-service-account", .version = "0.1.0", .maturity = "beta",
             .roles = "authenticator kinds", .grants = "- serviceaccounts,pods,secrets get,list,watch\n");
