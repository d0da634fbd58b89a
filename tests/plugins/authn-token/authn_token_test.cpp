#include <cleat/schema/role/authn.methods.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TokenTest : public testing::Test {
 protected:
  TokenTest() {
    folder = testing::TempDir() + "/authn-token-" + std::to_string(::getpid());
    EXPECT_TRUE(makeFolders(folder).has_value());
    host.serverConfig().pkiDir = folder;
    host.serverConfig().serviceAccountIssuer = "https://kubernetes.default.svc";
  }
  ~TokenTest() override { EXPECT_TRUE(removeTree(folder).has_value()); }

  void write(const std::string& text) { ASSERT_TRUE(writeFile(folder + "/tokens.csv", text).has_value()); }
  void start(const test::Settings& settings = {}) {
    plugin.emplace(host.start(cleat_plugin_v1(), settings));
    host.settle();
    ASSERT_TRUE(plugin->ready()) << plugin->readyError();
  }
  test::Outcome<role::AuthenticateResults> authenticate(const std::string& token,
                                                        const std::vector<std::string>& audiences = {}) {
    return plugin->call(role::authenticator::authenticate, [&](role::Credentials::Builder credentials) {
      credentials.setBearerToken(token);
      credentials.adoptAudiences(textList(orphanageOf(credentials), audiences));
    });
  }

  std::string folder;
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(TokenTest, ATokenOfTheFileSaysWhoTheCallerIs) {
  write("s3cret,jane,42,\"dev,ops\"\n");
  start();
  auto known = authenticate("s3cret");
  ASSERT_TRUE(known.ok()) << known.status.message;
  EXPECT_EQ(view(known.answer->getUser().getName()), "jane");
  EXPECT_EQ(view(known.answer->getUser().getUid()), "42");
  EXPECT_THAT(strings(known.answer->getUser().getGroups()), ElementsAre("dev", "ops"));
  EXPECT_THAT(strings(known.answer->getAudiences()), ElementsAre("https://kubernetes.default.svc"));
}

TEST_F(TokenTest, AJoiningNodeIsABootstrapperByItsToken) {
  write("0123abcd,system:bootstrap:a1b2c3,,\"system:bootstrappers\"\n");
  start();
  auto known = authenticate("0123abcd");
  ASSERT_TRUE(known.ok());
  EXPECT_EQ(view(known.answer->getUser().getName()), "system:bootstrap:a1b2c3");
  EXPECT_THAT(strings(known.answer->getUser().getGroups()), ElementsAre("system:bootstrappers"));
}

TEST_F(TokenTest, AnUnknownOrAbsentTokenIsLeftToTheNext) {
  write("s3cret,jane,42\n");
  start();
  EXPECT_EQ(authenticate("other").outcome, CLEAT_NOT_MINE);
  EXPECT_EQ(authenticate("").outcome, CLEAT_NOT_MINE);
}

TEST_F(TokenTest, ATokenIsForTheApiServerAndForNobodyElse) {
  write("s3cret,jane,42\n");
  start();
  EXPECT_EQ(authenticate("s3cret", {"vault"}).outcome, CLEAT_NOT_MINE);
  auto known = authenticate("s3cret", {"vault", "https://kubernetes.default.svc"});
  ASSERT_TRUE(known.ok());
  EXPECT_THAT(strings(known.answer->getAudiences()), ElementsAre("https://kubernetes.default.svc"));
}

TEST_F(TokenTest, ANewTokenIsGoodAtOnceAndOneThatWasTakenOutIsNot) {
  start();
  EXPECT_EQ(authenticate("s3cret").outcome, CLEAT_NOT_MINE) << "there is no file yet";
  write("s3cret,jane,42\n");
  EXPECT_TRUE(authenticate("s3cret").ok());
  write("fresh1,jane,42\n");
  EXPECT_EQ(authenticate("s3cret").outcome, CLEAT_NOT_MINE);
  EXPECT_TRUE(authenticate("fresh1").ok());
  ASSERT_EQ(::unlink((folder + "/tokens.csv").c_str()), 0);
  EXPECT_EQ(authenticate("fresh1").outcome, CLEAT_NOT_MINE);
}

TEST_F(TokenTest, TheFileIsReadAgainOnlyWhenItHasChanged) {
  write("bad\n");
  start();
  EXPECT_THAT(host.logLines(), ElementsAre(HasSubstr("/tokens.csv:1: expected token,user,uid")));
  authenticate("one");
  authenticate("two");
  EXPECT_EQ(host.logLines().size(), 1u) << "a warning each time that it is read";
}

TEST_F(TokenTest, AnotherFileCanBeNamedAndATokenIsNeverLogged) {
  const std::string file = folder + "/others.csv";
  ASSERT_TRUE(writeFile(file, "s3cret\ngood,jane,1\n").has_value());
  start({{"file", file}});
  EXPECT_TRUE(authenticate("good").ok());
  EXPECT_THAT(host.logLines(), Contains(HasSubstr("others.csv:1:")));
  EXPECT_THAT(host.logLines(), Not(Contains(HasSubstr("s3cret"))));
}

}  // namespace
}  // namespace cleat
