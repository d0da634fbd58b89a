#include <cleat/schema/role/authn.methods.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

#include "tests/plugins/x509-common/authority.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using test::issue;
using test::Issued;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class X509Test : public testing::Test {
 protected:
  X509Test() : authority(test::makeAuthority("cluster")) { start(x509::pemOf(authority.certificate.get())); }

  void start(const std::string& authorities) {
    const std::string file = concat(testing::TempDir(), "authorities-", ::getpid(), ".pem");
    ASSERT_TRUE(writeFile(file, authorities).has_value());
    host.serverConfig().caFile = file;
    plugin.reset();
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }
  test::Outcome<role::AuthenticateResults> authenticate(const std::vector<std::string>& chain) {
    return plugin->call(role::authenticator::authenticate, [&](role::Credentials::Builder credentials) {
      auto list = credentials.initClientCertificates(chain.size());
      for (size_t i = 0; i < chain.size(); ++i) list.set(i, dataOf(chain[i]));
    });
  }
  test::Outcome<role::AuthenticateResults> authenticateWith(const test::Wish& wish) {
    return authenticate({issue(wish, &authority).der()});
  }

  Issued authority;
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(X509Test, TheCommonNameIsTheUserAndTheOrganizationsAreTheGroups) {
  auto known = authenticateWith({.subject = {{"O", "dev"}, {"O", "ops"}, {"CN", "jane"}}});
  ASSERT_TRUE(known.ok()) << known.status.message;
  auto user = known.answer->getUser();
  EXPECT_EQ(view(user.getName()), "jane");
  EXPECT_THAT(strings(user.getGroups()), ElementsAre("dev", "ops"));
  EXPECT_EQ(view(user.getUid()), "");
}

TEST_F(X509Test, TheCredentialIsNamedByTheDigestOfTheCertificate) {
  auto known = authenticateWith({.subject = {{"CN", "jane"}}});
  ASSERT_TRUE(known.ok());
  ASSERT_EQ(known.answer->getUser().getExtra().size(), 1u);
  auto extra = known.answer->getUser().getExtra()[0];
  EXPECT_EQ(view(extra.getKey()), "authentication.kubernetes.io/credential-id");
  EXPECT_THAT(strings(extra.getValues()), ElementsAre(testing::MatchesRegex("X509SHA256=[0-9a-f]+")));
  EXPECT_EQ(extra.getValues()[0].size(), std::string("X509SHA256=").size() + 64);
}

TEST_F(X509Test, OfSeveralCommonNamesTheLastOneCounts) {
  auto known = authenticateWith({.subject = {{"CN", "mallory"}, {"CN", "jane"}}});
  ASSERT_TRUE(known.ok());
  EXPECT_EQ(view(known.answer->getUser().getName()), "jane");
}

TEST_F(X509Test, WithoutACertificateOrWithoutANameSomebodyElseIsAsked) {
  EXPECT_EQ(authenticate(std::vector<std::string>{}).outcome, CLEAT_NOT_MINE);
  EXPECT_EQ(authenticateWith({.subject = {{"O", "system:masters"}}}).outcome, CLEAT_NOT_MINE);
}

TEST_F(X509Test, ACertificateThatIsNotGoodIsDenied) {
  Issued stranger = test::makeAuthority("cluster");  // of the same name, with another key
  struct Case {
    const char* what;
    std::string der;
    const char* why;
  };
  const Case cases[] = {
      {"another authority's", issue({.subject = {{"CN", "jane"}}}, &stranger).der(), "signature"},
      {"signed by itself", issue({.subject = {{"CN", "jane"}}}).der(), "self-signed"},
      {"expired", issue({.subject = {{"CN", "jane"}}, .secondsBefore = 7200, .seconds = -3600}, &authority).der(),
       "expired"},
      {"not yet valid", issue({.subject = {{"CN", "jane"}}, .secondsBefore = -3600, .seconds = 7200}, &authority).der(),
       "not yet valid"},
      {"for servers", issue({.subject = {{"CN", "jane"}}, .usage = "serverAuth"}, &authority).der(), "purpose"},
      {"no certificate", "\x30\x03\x02\x01\x01", "cannot be parsed"},
      {"followed by more", issue({.subject = {{"CN", "jane"}}}, &authority).der() + "x", "cannot be parsed"},
  };
  for (const Case& one : cases) {
    auto outcome = authenticate(std::vector<std::string>{one.der});
    EXPECT_EQ(outcome.outcome, CLEAT_DENIED) << one.what;
    EXPECT_EQ(outcome.status.code, 401) << one.what;
    EXPECT_THAT(outcome.status.message, HasSubstr(one.why)) << one.what;
  }
}

TEST_F(X509Test, ACertificateWithoutAPurposeIsForAnything) {
  EXPECT_TRUE(authenticateWith({.subject = {{"CN", "jane"}}, .usage = ""}).ok());
}

TEST_F(X509Test, ANulInANameIsNoWayToAnotherName) {
  auto user = authenticateWith({.subject = {{"CN", std::string("admin\0.example", 14)}}});
  EXPECT_EQ(user.outcome, CLEAT_DENIED);
  auto group = authenticateWith({.subject = {{"CN", "jane"}, {"O", std::string("system:masters\0x", 16)}}});
  EXPECT_EQ(group.outcome, CLEAT_DENIED);
}

TEST_F(X509Test, AnAuthorityBetweenIsTakenFromTheCaller) {
  Issued between = issue({.subject = {{"CN", "between"}}, .authority = true}, &authority);
  Issued leaf = issue({.subject = {{"CN", "jane"}}}, &between);
  EXPECT_TRUE(authenticate({leaf.der(), between.der()}).ok());
  EXPECT_EQ(authenticate(std::vector<std::string>{leaf.der()}).outcome, CLEAT_DENIED);
  Issued impostor = issue({.subject = {{"CN", "impostor"}}}, &authority);  // may not sign
  Issued forged = issue({.subject = {{"CN", "jane"}}}, &impostor);
  EXPECT_EQ(authenticate({forged.der(), impostor.der()}).outcome, CLEAT_DENIED);
}

TEST_F(X509Test, AnAuthorityThatTheCallerBringsIsNotTrusted) {
  Issued stranger = test::makeAuthority("stranger");
  Issued leaf = issue({.subject = {{"CN", "jane"}, {"O", "system:masters"}}}, &stranger);
  EXPECT_EQ(authenticate({leaf.der(), stranger.der()}).outcome, CLEAT_DENIED);
}

TEST_F(X509Test, AnEndlessChainIsReadOnlySoFar) {
  std::vector<std::string> chain{issue({.subject = {{"CN", "jane"}}}, &authority).der()};
  for (int i = 0; i < 1000; ++i) chain.push_back("junk");
  EXPECT_TRUE(authenticate(chain).ok());
}

TEST_F(X509Test, EveryAuthorityOfTheFileIsTrusted) {
  Issued other = test::makeAuthority("other");
  start(x509::pemOf(other.certificate.get()) + x509::pemOf(authority.certificate.get()));
  EXPECT_TRUE(authenticate({issue({.subject = {{"CN", "a"}}}, &other).der()}).ok());
  EXPECT_TRUE(authenticate({issue({.subject = {{"CN", "b"}}}, &authority).der()}).ok());
}

TEST_F(X509Test, ItDoesNotStartWithoutAuthorities) {
  start("nothing of the kind\n");
  EXPECT_FALSE(plugin->ready());
  EXPECT_THAT(plugin->readyError(), HasSubstr("cannot read certificates of authorities from"));
}

}  // namespace
}  // namespace cleat
