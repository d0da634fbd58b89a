// Which tokens sign what nodes that join are told, and for how long.
#include <cleat/sdk/file.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <map>
#include <optional>

#include "plugins/controller-bootstrap-signer/detached_signature.h"
#include "tests/plugins/bootstrap-token-common/bootstrap_secret.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::ConfigMap;
using core_v1::Secret;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class SignerTest : public testing::Test {
 protected:
  SignerTest() {
    char name[] = "/tmp/cleat-signer-XXXXXX";
    folder = mkdtemp(name);
    EXPECT_TRUE(writeFile(folder + "/ca.crt", "AUTHORITY"));
    host.serverConfig().caFile = folder + "/ca.crt";
    host.serverConfig().url = "https://192.0.2.1:6443";
    host.know<Secret>();
    host.know<ConfigMap>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }
  ~SignerTest() override {
    plugin.reset();
    EXPECT_TRUE(removeTree(folder));
  }
  std::map<std::string, std::string> data() {
    host.settle();
    std::map<std::string, std::string> all;
    const auto map = host.get<ConfigMap>("kube-public", "cluster-info");
    if (!map) return all;
    for (auto entry : map->getData()) all[str(entry.getKey())] = str(entry.getValue());
    return all;
  }
  // The tokens that have signed what stands there, by their ids.
  std::vector<std::string> signers() {
    std::vector<std::string> ids;
    const auto all = data();
    for (const auto& [key, value] : all) {
      if (!key.starts_with("jws-kubeconfig-")) continue;
      ids.push_back(key.substr(15));
      EXPECT_EQ(value, bootstrap::detachedSignature(all.at("kubeconfig"), ids.back(), "0123456789abcdef"));
    }
    return ids;
  }
  void put(const test::SecretData& change, const std::string& id = "abcdef", const std::string& name = {},
           const std::string& type = "bootstrap.kubernetes.io/token") {
    test::SecretData token = test::tokenData();
    token["token-id"] = id;
    for (const auto& [key, value] : change) token[key] = value;
    host.put(test::bootstrapSecret(token, name.empty() ? "bootstrap-token-" + id : name, type));
  }
  void putMap(const std::map<std::string, std::string>& content) {
    auto map = test::named<ConfigMap>("kube-public", "cluster-info");
    auto entries = map->initData(static_cast<uint32_t>(content.size()));
    uint32_t at = 0;
    for (const auto& [key, value] : content) {
      entries[at].setKey(key);
      entries[at++].setValue(value);
    }
    host.put(std::move(map));
  }

  std::string folder;
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(SignerTest, WhereTheServerIsAndWhomToTrustIsPublished) {
  const std::string published = data()["kubeconfig"];
  EXPECT_NE(published.find("server: https://192.0.2.1:6443"), std::string::npos) << published;
  EXPECT_NE(published.find("certificate-authority-data: QVVUSE9SSVRZ"), std::string::npos) << published;
  host.remove<ConfigMap>("kube-public", "cluster-info");
  EXPECT_EQ(data()["kubeconfig"], published) << "and again when somebody takes it away";
}

TEST_F(SignerTest, OnlyTokensThatMaySignDo) {
  struct Case {
    const char* what;
    test::SecretData change;
    std::string id, name, type;
    bool signs;
  };
  const std::string in = formatTime(host.wallNow() + 1h), over = formatTime(host.wallNow() - 1s);
  for (const Case& one : {
           Case{"one that may", {}, "abcdef", "", "bootstrap.kubernetes.io/token", true},
           Case{"one that may for a time", {{"expiration", in}}, "abcdef", "", "bootstrap.kubernetes.io/token", true},
           Case{"one that may not",
                {{"usage-bootstrap-signing", "false"}},
                "abcdef",
                "",
                "bootstrap.kubernetes.io/token",
                false},
           Case{"one that says something else than true",
                {{"usage-bootstrap-signing", "yes"}},
                "abcdef",
                "",
                "bootstrap.kubernetes.io/token",
                false},
           Case{"one whose time is over", {{"expiration", over}}, "abcdef", "", "bootstrap.kubernetes.io/token", false},
           Case{"one whose time nobody can read",
                {{"expiration", "soon"}},
                "abcdef",
                "",
                "bootstrap.kubernetes.io/token",
                false},
           Case{"one without a secret", {{"token-secret", ""}}, "abcdef", "", "bootstrap.kubernetes.io/token", false},
           Case{"one under another's name",
                {},
                "abcdef",
                "bootstrap-token-uvwxyz",
                "bootstrap.kubernetes.io/token",
                false},
           Case{"a secret of another type", {}, "abcdef", "", "Opaque", false},
       }) {
    SCOPED_TRACE(one.what);
    put(one.change, one.id, one.name, one.type);
    EXPECT_EQ(signers().size(), one.signs ? 1u : 0u);
    host.remove<Secret>("kube-system", one.name.empty() ? "bootstrap-token-" + one.id : one.name);
    EXPECT_THAT(signers(), IsEmpty()) << "of one that is gone no signature is left";
  }
}

TEST_F(SignerTest, ASignatureGoesWithTheTimeOfItsToken) {
  put({{"expiration", formatTime(host.wallNow() + 60s)}});
  put({}, "uvwxyz");
  EXPECT_THAT(signers(), UnorderedElementsAre("abcdef", "uvwxyz"));
  host.advance(61s);
  EXPECT_THAT(signers(), UnorderedElementsAre("uvwxyz")) << "whether or not somebody takes the token away";
}

TEST_F(SignerTest, WhatSomebodyElseWritesIsSignedAndKept) {
  put({});
  EXPECT_EQ(signers().size(), 1u);
  putMap({{"kubeconfig", "another"},
          {"note", "mine"},
          {"jws-kubeconfig-gone42", "old"},
          {"jws-kubeconfig-abcdef", "forged"}});
  EXPECT_THAT(signers(), UnorderedElementsAre("abcdef"));
  EXPECT_EQ(data()["kubeconfig"], "another");
  EXPECT_EQ(data()["note"], "mine");
  putMap({{"kubeconfig", ""}});
  EXPECT_THAT(signers(), UnorderedElementsAre("abcdef")) << "also nothing";
  putMap({{"note", "mine"}});
  EXPECT_THAT(signers(), IsEmpty()) << "there is nothing that could be signed";
}

TEST_F(SignerTest, WhatIsAsItShouldBeIsNotWritten) {
  put({});
  EXPECT_EQ(signers().size(), 1u);
  const uint64_t before = host.get<ConfigMap>("kube-public", "cluster-info").revision();
  put({{"description", "for the new rack"}});
  host.advance(1h);
  EXPECT_EQ(host.get<ConfigMap>("kube-public", "cluster-info").revision(), before);
}

}  // namespace
}  // namespace cleat
