#include "core/app/attach/server_access.h"

#include <cleat/sdk/text.h>
#include <gtest/gtest.h>

#include "core/app/kubeconfig.h"
#include "core/app/pki.h"
#include "tests/core/store/temporary_directory.h"

namespace cleat::app {
namespace {

struct KubeconfigFile : ::testing::Test {
  cleat::testing::TemporaryDirectory folder;
  const std::string file = folder.path() + "/config";
  std::string cluster = "server: https://192.0.2.1:6443\n    certificate-authority-data: " + encodeBase64("CA");
  std::string user = "token: secret";

  Result<ServerAccess> read(const std::string& context = "") {
    const std::string text = concat(
        "apiVersion: v1\nkind: Config\ncurrent-context: one\nclusters:\n- name: c\n  cluster:\n    ", cluster,
        "\nusers:\n- name: u\n  user:\n    ", user,
        "\ncontexts:\n- {name: one, context: {cluster: c, user: u}}\n- {name: lost, context: {cluster: x, user: u}}\n");
    EXPECT_TRUE(writeFile(file, text, 0600));
    return readKubeconfig(file, context);
  }
  std::string why(const std::string& context = "") {
    auto access = read(context);
    if (access) return "";
    std::string message = access.error().message;
    return message.starts_with(file + ": ") ? message.substr(file.size() + 2) : message;
  }
  void put(const std::string& name, const std::string& content) {
    EXPECT_TRUE(writeFile(folder.path() + "/" + name, content, 0600));
  }
};

TEST_F(KubeconfigFile, SaysWhereTheServerIsAndWhoAsks) {
  auto access = read();
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->url, "https://192.0.2.1:6443");
  EXPECT_EQ(access->caPem, "CA");
  EXPECT_EQ(access->user, "u");
  EXPECT_EQ(access->presented.bearerToken, "secret");
  EXPECT_TRUE(access->checksServer);
  EXPECT_FALSE(access->mayChange());
}

TEST_F(KubeconfigFile, NamesFilesBesideItself) {
  put("ca.crt", "AUTHORITY");
  put("token", "from a file\n");
  cluster = "server: https://s\n    certificate-authority: ca.crt\n    tls-server-name: kubernetes";
  user = "token: old\n    tokenFile: token";
  auto access = read();
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->caPem, "AUTHORITY");
  EXPECT_EQ(access->serverName, "kubernetes");
  EXPECT_EQ(access->presented.bearerToken, "from a file") << "a file goes before a text, as in kubectl";
  EXPECT_TRUE(access->mayChange());
  put("token", "another\n");
  EXPECT_EQ(readCredentials(*access)->bearerToken, "another");
}

TEST_F(KubeconfigFile, HasClientCertificatesAsTextOrAsFiles) {
  put("me.key", "KEY");
  user = "client-certificate-data: " + encodeBase64("CERT") + "\n    client-key: me.key";
  auto access = read();
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->presented.certificatePem, "CERT");
  EXPECT_EQ(access->presented.keyPem, "KEY");
}

TEST_F(KubeconfigFile, MayTrustWhoeverAnswersAndThenNamesNoAuthority) {
  cluster = "server: https://s\n    insecure-skip-tls-verify: true";
  auto access = read();
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_FALSE(access->checksServer);
  EXPECT_EQ(access->caPem, "");
  cluster += "\n    certificate-authority-data: " + encodeBase64("CA");
  EXPECT_EQ(why(), "clusters[c].cluster.insecure-skip-tls-verify: a certificate-authority beside it is not allowed");
}

TEST_F(KubeconfigFile, WhatCannotBeDoneWithoutAPersonIsRefusedByItsName) {
  struct Case {
    const char *user, *why;
  };
  for (auto [text, expected] :
       {Case{"exec: {command: aws}",
             "users[u].user.exec: no other program is run to get credentials: give a token, a tokenFile or a client "
             "certificate"},
        {"auth-provider: {name: gcp}",
         "users[u].user.auth-provider: is not supported: give a token, a tokenFile or a client certificate"},
        {"username: me",
         "users[u].user.username: passwords are not supported: give a token, a tokenFile or a client certificate"},
        {"token: t\n    as: root", "users[u].user.as: plugins act as the user of the file alone"},
        {"client-key-data: S0VZ", "users[u].user: has a client-key and no client-certificate"},
        {"client-certificate-data: '%'\n    client-key-data: S0VZ",
         "users[u].user.client-certificate-data: is not base64"},
        {"{}", "users[u].user: has neither a token, a tokenFile nor a client certificate"}}) {
    user = text;
    EXPECT_EQ(why(), expected) << text;
  }
}

TEST_F(KubeconfigFile, WhatIsMissingIsNamed) {
  EXPECT_EQ(why("lost"), "clusters: there is none called \"x\"");
  EXPECT_EQ(why("other"), "contexts: there is none called \"other\"");
  cluster = "certificate-authority-data: Q0E=";
  EXPECT_EQ(why(), "clusters[c].cluster.server: is missing");
  cluster = "server: http://s";
  EXPECT_EQ(why(), "clusters[c].cluster.server: only https:// is spoken: what is sent proves who we are");
  cluster = "server: https://s\n    proxy-url: http://p";
  EXPECT_EQ(why(), "clusters[c].cluster.proxy-url: proxies are not supported");
  EXPECT_FALSE(readKubeconfig(folder.path() + "/none", ""));
}

}  // namespace
}  // namespace cleat::app
