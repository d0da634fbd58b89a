// What is read from configuration files, and what is kept of answers.
#include <cleat/sdk/file.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "remote-common/config_document.h"
#include "remote-common/remote_target.h"
#include "remote-common/review_cache.h"
#include "remote-common/review_server.h"
#include "webhook-common/json_object.h"

namespace cleat::remote {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ConfigDocument, ReadsWhatIsThereAndComplainsOfTheRest) {
  auto file = ConfigDocument::parse("a: 1\nb:\n  - {c: x}\n  - {c: true, d: 5m}\ne: [\"7\", 8]\n", "f.yaml");
  ASSERT_TRUE(file);
  const ConfigNode root = (*file)->root();
  root.knows({"a", "b"});
  EXPECT_EQ(root["a"].integer(0), 1);
  EXPECT_EQ(root["absent"].integer(9), 9);
  EXPECT_EQ(root["b"].items()[0]["c"].text(), "x");
  EXPECT_EQ(root["b"].items()[1]["d"].duration({}), std::chrono::minutes(5));
  EXPECT_TRUE(root["b"].items()[1]["c"].boolean(false));
  (void)root["e"].texts();
  (void)root["a"].items();
  (void)root["b"].items()[0]["c"].duration({});
  EXPECT_EQ((*file)->verdict().error().message,
            "f.yaml:5: e: unknown field\n"
            "f.yaml:5: e[1]: expected a text, which 8 without quotes is not\n"
            "f.yaml:1: a: expected a list\n"
            "f.yaml:3: b[0].c: expected a duration such as 1m30s, not \"x\"");
}

TEST(ConfigDocument, IsOneDocument) {
  EXPECT_THAT(ConfigDocument::parse("a: 1\n---\nb: 2\n", "f.yaml").error().message,
              HasSubstr("more than one document"));
  EXPECT_THAT(ConfigDocument::parse("a: b: c\n", "f.yaml").error().message, HasSubstr("f.yaml:1: "));
  EXPECT_TRUE(ConfigDocument::parse("", "f.yaml"));
}

TEST(RemoteTarget, IsWhatAnAddressSays) {
  auto target = targetOf("https://[2001:db8::1]:8443/a/b?c=d");
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_EQ(target->host, "2001:db8::1");
  EXPECT_EQ(target->port, 8443);
  EXPECT_EQ(target->path, "/a/b?c=d");
  EXPECT_EQ(targetOf("https://a.example")->path, "/");
  EXPECT_EQ(targetOf("https://a.example")->port, 443);
  for (const char* wrong :
       {"http://a.example", "https://", "https://a:0", "https://a:x", "https://u:p@a", "a.example"}) {
    EXPECT_FALSE(targetOf(wrong)) << wrong;
  }
}

class Kubeconfig : public testing::Test {
 protected:
  Kubeconfig() : folder(concat(testing::TempDir(), "/remote-common-", ::getpid())) {
    EXPECT_TRUE(makeFolders(folder).has_value());
  }
  ~Kubeconfig() override { EXPECT_TRUE(removeTree(folder).has_value()); }
  Result<RemoteTarget> read(const std::string& text) {
    EXPECT_TRUE(writeFile(folder + "/config", text).has_value());
    return readKubeconfig(folder + "/config");
  }
  static std::string with(const std::string& cluster, const std::string& user) {
    return concat(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
        "clusters: [{name: k, cluster: {",
        cluster, "}}]\nusers: [{name: u, user: {", user, "}}]\n");
  }
  std::string folder;
};

TEST_F(Kubeconfig, SaysWhereAndAsWhom) {
  ASSERT_TRUE(writeFile(folder + "/ca.pem", "PEM").has_value());
  auto target =
      read(with("server: \"https://h:1/p\", certificate-authority: ca.pem, tls-server-name: other", "token: t"));
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_EQ(target->trust, "PEM");
  EXPECT_EQ(target->authorization, "Bearer t");
  EXPECT_EQ(target->serverName, "other");
  EXPECT_EQ(target->path, "/p");
  EXPECT_EQ(read(with("server: \"https://h\"", "username: a, password: b"))->authorization, "Basic YTpi");
  EXPECT_EQ(read(with("server: \"https://h\"", "tokenFile: t"))->tokenFile, folder + "/t");
}

TEST_F(Kubeconfig, TellsWhatIsWrongWithFileLineAndField) {
  const std::pair<std::string, const char*> cases[] = {
      {"kind: Config\n", "/config:1: current-context: Required value"},
      {"current-context: x\n", "/config:1: current-context: there is no context \"x\""},
      {with("", ""), "/config:5: clusters[0].cluster.server: \"\" does not begin with https://"},
      {with("server: \"http://h\"", ""), "\"http://h\" does not begin with https://"},
      {with("server: \"https://h\", sever: x", ""), "/config:5: clusters[0].cluster.sever: unknown field"},
      {with("server: \"https://h\", certificate-authority-data: \"*\"", ""),
       "certificate-authority-data: is not base64"},
      {with("server: \"https://h\", certificate-authority: absent.pem", ""), "absent.pem"},
      {with("server: \"https://h\"", "exec: {command: x}"), "/config:6: users[0].user.exec: is not supported here"},
      {with("server: \"https://h\", proxy-url: \"http://p\"", ""), "a proxy on the way is not supported"},
      {with("server: \"https://h\"", "client-certificate-data: YQ=="),
       "a client certificate and its key are given together"},
  };
  for (const auto& [text, says] : cases) {
    auto target = read(text);
    ASSERT_FALSE(target) << text;
    EXPECT_THAT(target.error().message, HasSubstr(says));
  }
}

TEST(ReviewCache, KeepsForATimeAndDropsWhatWasAskedForLongestAgo) {
  ReviewCache<int> cache(2);
  const Instant now{};
  const auto at = [&](int seconds) { return now + std::chrono::seconds(seconds); };
  cache.keep("a", 1, at(10));
  cache.keep("b", 2, at(20));
  ASSERT_NE(cache.find("a", at(9)), nullptr);
  EXPECT_EQ(cache.find("a", at(10)), nullptr);
  cache.keep("a", 3, at(30));
  EXPECT_EQ(*cache.find("b", at(11)), 2);
  cache.keep("c", 4, at(30));
  EXPECT_EQ(cache.find("a", at(11)), nullptr);
  EXPECT_EQ(*cache.find("c", at(11)), 4);
  EXPECT_EQ(cache.size(), 2u);
}

TEST(ReviewStatus, IsOfTheKindThatWasAskedFor) {
  EXPECT_TRUE(reviewStatus(R"({"apiVersion":"a/v1","kind":"R","status":{}})", "a/v1", "R"));
  EXPECT_THAT(reviewStatus(R"({"apiVersion":"a/v2","kind":"R","status":{}})", "a/v1", "R").error().message,
              "expected an answer of a/v1, Kind=R, got a/v2, Kind=R");
  EXPECT_THAT(reviewStatus("{]", "a/v1", "R").error().message, HasSubstr("json parse error"));
  EXPECT_THAT(reviewStatus(R"({"apiVersion":"a/v1","kind":"R"})", "a/v1", "R").error().message,
              "the answer has no status");
}

}  // namespace
}  // namespace cleat::remote
