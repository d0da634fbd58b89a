#include <cleat/schema/role/authn.methods.h>
#include <cleat/sdk/lists.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/bootstrap-token-common/bootstrap_secret.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::Secret;
using testing::ElementsAre;

constexpr const char* kToken = "abcdef.0123456789abcdef";

class BootstrapTokenTest : public testing::Test {
 protected:
  BootstrapTokenTest() {
    host.know<Secret>();
    host.serverConfig().serviceAccountIssuer = "https://kubernetes.default.svc";
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }
  test::Outcome<role::AuthenticateResults> authenticate(const std::string& token,
                                                        const std::vector<std::string>& audiences = {}) {
    return plugin->call(role::authenticator::authenticate, [&](role::Credentials::Builder credentials) {
      credentials.setBearerToken(token);
      credentials.adoptAudiences(textList(orphanageOf(credentials), audiences));
    });
  }
  void put(const test::SecretData& more = {}) {
    test::SecretData data = test::tokenData();
    for (const auto& [key, value] : more) data[key] = value;
    host.put(test::bootstrapSecret(data));
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(BootstrapTokenTest, ItsHolderIsABootstrapper) {
  put({{"auth-extra-groups", "system:bootstrappers:workers"}});
  auto known = authenticate(kToken);
  ASSERT_TRUE(known.ok()) << known.status.message;
  EXPECT_EQ(view(known.answer->getUser().getName()), "system:bootstrap:abcdef");
  EXPECT_THAT(strings(known.answer->getUser().getGroups()),
              ElementsAre("system:bootstrappers", "system:bootstrappers:workers"));
  EXPECT_THAT(strings(known.answer->getAudiences()), ElementsAre("https://kubernetes.default.svc"));
}

TEST_F(BootstrapTokenTest, WhatIsNoneIsLeftToTheNext) {
  put();
  for (const char* token : {"", "abcdef.0123456789abcdee", "fedcba.0123456789abcdef", "s3cret"}) {
    EXPECT_EQ(authenticate(token).outcome, CLEAT_NOT_MINE) << token;
  }
  EXPECT_EQ(authenticate(kToken, {"vault"}).outcome, CLEAT_NOT_MINE);
  EXPECT_TRUE(authenticate(kToken, {"vault", "https://kubernetes.default.svc"}).ok());
}

TEST_F(BootstrapTokenTest, WhatASecretSaysDecides) {
  const std::pair<const char*, const char*> cases[] = {
      {"usage-bootstrap-authentication", "false"},
      {"usage-bootstrap-authentication", "True"},
      {"expiration", "2000-01-01T00:00:00Z"},
      {"expiration", "soon"},
      {"token-id", "fedcba"},
      {"auth-extra-groups", "system:masters"},
  };
  for (const auto& [key, value] : cases) {
    put({{key, value}});
    host.settle();
    EXPECT_EQ(authenticate(kToken).outcome, CLEAT_NOT_MINE) << key << " " << value;
  }
  put({{"expiration", "2100-01-01T00:00:00Z"}});
  host.settle();
  EXPECT_TRUE(authenticate(kToken).ok());
}

TEST_F(BootstrapTokenTest, ItEndsWithItsTime) {
  put({{"expiration", formatTime(host.wallNow() + std::chrono::minutes(1))}});
  EXPECT_TRUE(authenticate(kToken).ok());
  host.advance(std::chrono::minutes(1));
  EXPECT_EQ(authenticate(kToken).outcome, CLEAT_NOT_MINE);
}

}  // namespace
}  // namespace cleat
