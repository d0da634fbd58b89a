#include <cleat/sdk/file.h>
#include <cleat/sdk/secret_data.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

#include "service-account-common/jwt.h"
#include "tests/plugins/service-account-common/legacy_secret.h"
#include "tests/plugins/service-account-common/signing_key.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::Secret;
using core_v1::ServiceAccount;

class ServiceAccountTokenTest : public testing::Test {
 protected:
  ServiceAccountTokenTest() {
    EXPECT_TRUE(makeFolders(folder).has_value());
    test::writeSigningKey(folder + "/sa.key", key.get());
    EXPECT_TRUE(writeFile(folder + "/ca.crt", "authority").has_value());
    host.serverConfig().pkiDir = folder;
    host.serverConfig().caFile = folder + "/ca.crt";
    host.know<Secret>();
    host.put(test::accountWith("robot", {}));
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  ~ServiceAccountTokenTest() override { EXPECT_TRUE(removeTree(folder).has_value()); }

  void put(Draft<Secret> secret) {
    host.put(std::move(secret));
    host.settle();
  }
  Object<Secret> secret(const char* name = "s") { return host.get<Secret>("default", name); }
  std::string data(std::string_view name) { return str(dataIn(secret(), name)); }
  std::string uid() { return str(host.get<ServiceAccount>("default", "robot").uid()); }

  const std::string folder = concat(testing::TempDir(), "/service-account-token-", ::getpid());
  const SigningKey key = test::makeSigningKey();
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(ServiceAccountTokenTest, ASecretIsFilled) {
  put(test::tokenSecret("s", "robot"));
  EXPECT_EQ(data("ca.crt"), "authority");
  EXPECT_EQ(data("namespace"), "default");
  EXPECT_EQ(annotation(secret().meta(), legacy::kAccountUid), uid());
  auto claims = checkToken(key.get(), data("token"));
  ASSERT_TRUE(claims);
  EXPECT_EQ(legacy::readClaims(*claims), (legacy::Claims{"default", "s", "robot", uid()}));
}

TEST_F(ServiceAccountTokenTest, ATokenStaysAsItIs) {
  put(test::tokenSecret("s", "robot"));
  const std::string token = data("token");
  const uint64_t revision = secret().revision();
  host.change<Secret>("default", "s", [](Secret::Builder it) { setLabel(it.getMetadata(), "a", "b"); });
  host.settle();
  EXPECT_EQ(data("token"), token);
  EXPECT_EQ(secret().revision(), revision + 1) << "nothing was written";
}

TEST_F(ServiceAccountTokenTest, OfNoAccountItGoes) {
  put(test::tokenSecret("s", "nobody"));
  EXPECT_FALSE(secret());
}

TEST_F(ServiceAccountTokenTest, OfAnotherAccountOfTheNameItGoes) {
  auto draft = test::tokenSecret("s", "robot");
  setAnnotation(draft->getMetadata(), legacy::kAccountUid, "another");
  put(std::move(draft));
  EXPECT_FALSE(secret());
}

TEST_F(ServiceAccountTokenTest, ItGoesWithItsAccount) {
  put(test::tokenSecret("s", "robot"));
  host.remove<ServiceAccount>("default", "robot");
  host.settle();
  EXPECT_FALSE(secret());
}

TEST_F(ServiceAccountTokenTest, TheAccountForgetsWhatHasGone) {
  put(test::tokenSecret("s", "robot"));
  host.change<ServiceAccount>("default", "robot", [](ServiceAccount::Builder account) {
    auto list = account.initSecrets(2);
    list[0].setName("s");
    list[1].setName("other");
  });
  host.remove<Secret>("default", "s");
  host.settle();
  auto account = host.get<ServiceAccount>("default", "robot");
  ASSERT_EQ(account->getSecrets().size(), 1u);
  EXPECT_EQ(view(account->getSecrets()[0].getName()), "other");
}

}  // namespace
}  // namespace cleat
