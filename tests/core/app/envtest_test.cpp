#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <thread>

#include "core/app/envtest/admission_names.h"
#include "core/app/envtest/api_server_flags.h"
#include "core/app/envtest/etcd_stand_in.h"
#include "core/app/envtest/foreign_flags.h"

namespace cleat::app {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr ForeignFlag kKnown[] = {
    {"name", ForeignFlag::Use::effect, "a name"},
    {"on", ForeignFlag::Use::effect, "whether", true},
    {"v", ForeignFlag::Use::none},
};

TEST(ForeignFlags, AreReadInAllTheirForms) {
  const std::vector<std::string> arguments = {"--name=a,b", "--on", "--name", "c", "-v=3"};
  Result<ForeignFlags> flags = ForeignFlags::parse("program", kKnown, arguments);
  ASSERT_TRUE(flags.has_value()) << flags.error().message;
  EXPECT_EQ(flags->get("name"), "c") << "the last one counts";
  EXPECT_THAT(flags->list("name"), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(flags->isTrue("on", false));
  EXPECT_THAT(flags->withoutEffect(), ElementsAre("v"));
}

TEST(ForeignFlags, AllThatAreNotKnownAreNamed) {
  const std::vector<std::string> arguments = {"--one=1", "--name=x", "two", "--name"};
  Result<ForeignFlags> flags = ForeignFlags::parse("program", kKnown, arguments);
  ASSERT_FALSE(flags.has_value());
  EXPECT_THAT(flags.error().message, HasSubstr("does not know --one, two, --name without a value"));
}

TEST(ForeignFlags, HelpHasEachAtTheBeginningOfALine) {
  const std::string help = helpFor("program", "does things", kKnown);
  EXPECT_THAT(help, AllOf(HasSubstr("\n      --name   a name\n"), HasSubstr("\n      --v   ")));
}

TEST(AdmissionNames, AreThoseOfThePlugins) {
  EXPECT_EQ(admissionPluginOf("ServiceAccount"), "admission-service-account");
  EXPECT_EQ(admissionPluginOf("MutatingAdmissionWebhook"), "admission-mutating-webhook");
  EXPECT_EQ(admissionPluginOf("DenyServiceExternalIPs"), "admission-deny-service-external-ips");
}

TEST(AdmissionNames, WhatIsOnIsWhatKubernetesHasOnAndWhatIsSaid) {
  Result<std::vector<std::string>> chain = admissionChain({"AlwaysPullImages"}, {"ServiceAccount", "EventRateLimit"});
  ASSERT_TRUE(chain.has_value());
  EXPECT_THAT(*chain, AllOf(Contains("admission-always-pull-images"), Contains("admission-namespace-lifecycle"),
                            Not(Contains("admission-service-account")), Not(Contains("admission-event-rate-limit"))));
  EXPECT_EQ(chain->back(), "admission-resource-quota");
  EXPECT_THAT(admissionChain({"Imaginary"}, {}).error().message, HasSubstr("Imaginary"));
}

std::vector<std::string> asEnvtestGives(std::vector<std::string> more = {}) {
  std::vector<std::string> all = {"--allow-privileged=true",
                                  "--authorization-mode=RBAC",
                                  "--bind-address=127.0.0.1",
                                  "--cert-dir=/nowhere",
                                  "--client-ca-file=/ca.crt",
                                  "--disable-admission-plugins=ServiceAccount",
                                  "--etcd-servers=http://127.0.0.1:2379",
                                  "--secure-port=7443",
                                  "--service-account-issuer=https://127.0.0.1:7443/",
                                  "--service-account-key-file=/sa.crt",
                                  "--service-account-signing-key-file=/sa.key",
                                  "--service-cluster-ip-range=10.0.0.0/24"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(ApiServerFlags, AsEnvtestGivesThem) {
  Result<ApiServerFlags> flags = readApiServerFlags(asEnvtestGives({"--feature-gates=A=true"}));
  ASSERT_TRUE(flags.has_value()) << flags.error().message;
  const base::Config& config = flags->settings.config;
  EXPECT_EQ(flags->settings.listen, "127.0.0.1:7443");
  EXPECT_EQ(config.server.serviceCidr, "10.0.0.0/24");
  EXPECT_THAT(config.authz.chain, ElementsAre("authz-rbac"));
  EXPECT_THAT(config.authn.chain, ElementsAre("authn-x509", "authn-service-account"));
  EXPECT_EQ(config.plugins.tables.at("authn-x509").settings[0].text, "/ca.crt");
  EXPECT_THAT(config.schedulers.enabled, ::testing::IsEmpty()) << "kube-apiserver schedules nothing";
  EXPECT_EQ(flags->settings.given.serviceAccountIssuer, "https://127.0.0.1:7443/");
  EXPECT_EQ(flags->signingKey, "/sa.key");
  EXPECT_THAT(flags->checkingKeys, ElementsAre("/sa.crt"));
  EXPECT_EQ(flags->etcd, "http://127.0.0.1:2379");
  EXPECT_THAT(flags->withoutEffect, ElementsAre("feature-gates"));
}

TEST(ApiServerFlags, WhatCannotBeIsRefusedByName) {
  const struct {
    const char* flag;
    const char* says;
  } cases[] = {{"--authorization-mode=Imaginary", "Imaginary"},
               {"--allow-privileged=false", "--allow-privileged"},
               {"--secure-port=many", "--secure-port"},
               {"--storage-backend=etcd2", "etcd2"},
               {"--etcd-servers=http://a:1,http://b:1", "--etcd-servers"},
               {"--tls-cert-file=/only.crt", "--tls-private-key-file"},
               {"--service-cluster-ip-range=fd00::/112,fd01::/112", "--service-cluster-ip-range"},
               {"--audit-policy-file=/p.yaml", "--audit-policy-file"}};
  for (const auto& one : cases) {
    Result<ApiServerFlags> flags = readApiServerFlags(asEnvtestGives({one.flag}));
    ASSERT_FALSE(flags.has_value()) << one.flag;
    EXPECT_THAT(flags.error().message, HasSubstr(one.says));
  }
}

TEST(EtcdStandIn, TellsItsFolderToWhoAsksAndNobodyElseDoes) {
  const std::string url = "http://127.0.0.1:32379";
  EXPECT_FALSE(askForDataDir(url).has_value()) << "nobody is there yet";
  auto standIn = EtcdStandIn::listen({url}, "/a/folder");
  ASSERT_TRUE(standIn.has_value()) << standIn.error().message;
  int stop[2];
  ASSERT_EQ(::pipe(stop), 0);
  std::thread serving([&] { (*standIn)->serve(stop[0]); });
  EXPECT_EQ(askForDataDir(url).value_or(""), "/a/folder");
  EXPECT_FALSE(EtcdStandIn::listen({url}, "/another").has_value()) << "its port is taken";
  ::close(stop[1]);
  serving.join();
  ::close(stop[0]);
  EXPECT_THAT(askForDataDir("https://127.0.0.1:1").error().message, HasSubstr("http://HOST:PORT"));
}

TEST(EtcdFlags, NameAFolder) {
  EXPECT_EQ(readEtcdFlags({"--data-dir=/d", "--unsafe-no-fsync=true"})->dataDir, "/d");
  EXPECT_THAT(readEtcdFlags({}).error().message, HasSubstr("--data-dir"));
}

}  // namespace
}  // namespace cleat::app
