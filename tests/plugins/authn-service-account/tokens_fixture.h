// The plugin with a key of its own, and a cluster with a service account.
#pragma once

#include <cleat/schema/role/authn.methods.h>
#include <cleat/schema/role/kinds.methods.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/kinds/authentication_v1.h>
#include <cleat/sdk/lists.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <optional>

#include "plugins/authn-service-account/claims.h"
#include "tests/plugins/objects.h"
#include "tests/plugins/service-account-common/signing_key.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {

class ServiceAccountTokensTest : public testing::Test {
 protected:
  static constexpr const char* kIssuer = "https://kubernetes.default.svc";
  using TokenRequest = authentication_v1::TokenRequest;

  ServiceAccountTokensTest() {
    folder = testing::TempDir() + "/authn-service-account-" + std::to_string(::getpid());
    EXPECT_TRUE(makeFolders(folder).has_value());
    test::writeSigningKey(folder + "/sa.key", key());
    host.serverConfig().pkiDir = folder;
    host.serverConfig().serviceAccountIssuer = kIssuer;
    host.know<core_v1::Pod>();
    host.know<core_v1::Secret>();
    host.know<core_v1::Node>();
    host.put(test::named<core_v1::ServiceAccount>("default", "robot"));
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  ~ServiceAccountTokensTest() override { EXPECT_TRUE(removeTree(folder).has_value()); }

  static EVP_PKEY* key() {
    static const SigningKey key = test::makeSigningKey();
    return key.get();
  }

  // What `serviceaccounts/robot/token` answers to a request that `fill` makes.
  template <class F>
  test::Outcome<role::ReviewResults> request(F fill) {
    Draft<TokenRequest> draft;
    fill(*draft);
    return plugin->call(role::kinds::review,
                        [](role::ReviewParams::Builder params) {
                          auto ref = params.initRef();
                          ref.setResource("serviceaccounts");
                          ref.setSubresource("token");
                          ref.setNamespace("default");
                          ref.setName("robot");
                        },
                        {std::move(draft).freeze(), host.get<core_v1::ServiceAccount>("default", "robot")});
  }
  test::Outcome<role::ReviewResults> requestBound(const char* kind, const char* name, const std::string& uid = "",
                                                  const char* apiVersion = "v1") {
    return request([&](TokenRequest::Builder request) {
      auto bound = request.initSpec().initBoundObjectRef();
      bound.setKind(kind);
      bound.setApiVersion(apiVersion);
      bound.setName(name);
      bound.setUid(uid);
    });
  }
  static std::string tokenIn(const test::Outcome<role::ReviewResults>& outcome) {
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    return str(outcome.answer.object<TokenRequest>()->getStatus().getToken());
  }
  std::string issued() {
    return tokenIn(request([](auto) {}));
  }
  static TokenClaims claimsOf(const std::string& token) { return readClaims(checkToken(key(), token).value()); }

  // A token as the plugin signs it, with claims of one's own.
  std::string signedClaims(const TokenClaims& claims) { return *signToken(key(), keyId(key()), writeClaims(claims)); }
  TokenClaims goodClaims() {
    TokenClaims claims;
    claims.issuer = kIssuer;
    claims.id = "one";
    claims.audiences = {kIssuer};
    claims.notBefore = claims.issuedAt = nowSeconds();
    claims.expiry = nowSeconds() + 3600;
    claims.ns = "default";
    claims.account = {"robot", str(host.get<core_v1::ServiceAccount>("default", "robot").uid())};
    return claims;
  }
  int64_t nowSeconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(host.wallNow().time_since_epoch()).count();
  }

  test::Outcome<role::AuthenticateResults> authenticate(const std::string& token,
                                                        const std::vector<std::string>& audiences = {}) {
    return plugin->call(role::authenticator::authenticate, [&](role::Credentials::Builder credentials) {
      credentials.setBearerToken(token);
      credentials.adoptAudiences(textList(orphanageOf(credentials), audiences));
    });
  }
  void expectDenied(const std::string& token, const std::string& why) {
    auto outcome = authenticate(token);
    EXPECT_EQ(outcome.outcome, CLEAT_DENIED) << why;
    EXPECT_EQ(outcome.status.code, 401) << why;
    EXPECT_THAT(outcome.status.message, testing::HasSubstr(why));
  }
  // A pod of the account on a node.
  Object<core_v1::Pod> putPod(const char* name, const char* account = "robot") {
    auto pod = test::makePod(name);
    pod->getSpec().setServiceAccountName(account);
    pod->getSpec().setNodeName("worker");
    return host.put(std::move(pod));
  }

  std::string folder;
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

}  // namespace cleat
