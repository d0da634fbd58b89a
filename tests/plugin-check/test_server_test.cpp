// The control plane that vendors have for their tests, with a plugin that is not Cleat's loaded into it.
#include <cleat/sdk/test_server.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cleat_folders.h"

namespace cleat::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kProgram = CLEAT_BINARY_DIR "/bin/cleat";

TEST(TestServer, ServesWithThePluginsOfItsConfiguration) {
  if (std::system("curl --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no curl";
  TestServer server({.program = kProgram,
                     .config = "[admission]\nchain = [\"...\", \"faulty\"]\n[plugins.faulty]\n"
                               "path = \"" CLEAT_BINARY_DIR "/fixtures/faulty.so\"\nfault = \"never-content\"\n"});
  ASSERT_EQ(server.problem(), "");
  const std::string maps = "/api/v1/namespaces/default/configmaps";
  const ApiAnswer made = server.post(maps, R"({"metadata":{"name":"a"},"data":{"k":"v"}})");
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_THAT(made.body, HasSubstr(R"("faulty/turns":"i")")) << "the plugin is asked";
  EXPECT_EQ(server.patch(maps + "/a", R"({"data":{"k":"w"}})").status, 200);
  EXPECT_THAT(server.get(maps + "/a").body, HasSubstr(R"("k":"w")"));
  EXPECT_EQ(server.post(maps, R"({"metadata":{"name":"A"}})").status, 422) << "the real rules";
  EXPECT_EQ(server.remove(maps + "/a").status, 200);
  EXPECT_TRUE(server.eventually([&] { return server.get(maps + "/kube-root-ca.crt").status == 200; }))
      << "the real controllers";
  server.stop();
  EXPECT_EQ(server.get("/readyz").status, 0);
}

TEST(TestServer, SaysWhyItDoesNotStart) {
  TestServer server({.program = kProgram, .config = "[admission]\nchain = [\"...\", \"nobody\"]\n"});
  EXPECT_THAT(server.problem(), HasSubstr("nobody"));
}

class ManualClock : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("curl --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no curl";
  }
  // Of the plugins, one in the server's process and one in its own.
  TestServer server{{.program = kProgram,
                     .config = "[controllers]\nenabled = [\"...\", \"stopwatch\", \"stopwatch-beside\"]\n"
                               "[plugins.stopwatch]\npath = \"" CLEAT_BINARY_DIR "/fixtures/stopwatch.so\"\n"
                               "isolation = \"none\"\n[plugins.stopwatch-beside]\n"
                               "path = \"" CLEAT_BINARY_DIR "/fixtures/stopwatch-beside.so\"\n",
                     .manualClock = true}};
  const std::string inDefault = "/api/v1/namespaces/default/";

  static std::string textOf(const std::string& json, const std::string& key) {
    const size_t at = json.find("\"" + key + "\":\"");
    if (at == std::string::npos) return {};
    const size_t begin = at + key.size() + 4;
    return json.substr(begin, json.find('"', begin) - begin);
  }
  std::string makeMap(const std::string& name) {
    return textOf(server.post(inDefault + "configmaps", R"({"metadata":{"name":")" + name + R"("}})").body,
                  "creationTimestamp");
  }
};

TEST_F(ManualClock, StandsStillUntilItIsMoved) {
  ASSERT_EQ(server.problem(), "");
  ASSERT_EQ(server.clock().advance({}), "");
  const std::string before = server.clock().now(), first = makeMap("a");
  EXPECT_EQ(before.substr(0, 19), first.substr(0, 19));
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_EQ(makeMap("b"), first) << "whatever the machine's does";
  EXPECT_EQ(server.clock().now(), before);
  ASSERT_EQ(server.clock().advance(std::chrono::hours(1)), "");
  const std::string later = makeMap("c");
  EXPECT_NE(later.substr(0, 13), first.substr(0, 13)) << "another hour";
  EXPECT_EQ(later.substr(13), first.substr(13)) << "of which it is the same minute and second";
}

// Each ticks every ten minutes, and says by its own clock when that was.
TEST_F(ManualClock, PluginsActAtTheirTimesInTheServerAndBesideIt) {
  ASSERT_EQ(server.problem(), "");
  ASSERT_EQ(server.clock().advance(std::chrono::minutes(35)), "");
  for (const char* name : {"stopwatch", "stopwatch-beside"}) {
    const ApiAnswer map = server.get(inDefault + "configmaps/" + name);
    EXPECT_THAT(map.body, HasSubstr(R"("ticks":"10m0s 20m0s 30m0s ")")) << server.log();
  }
  ASSERT_EQ(server.clock().advance(std::chrono::minutes(5)), "");
  EXPECT_THAT(server.get(inDefault + "configmaps/stopwatch-beside").body, HasSubstr("30m0s 40m0s "));
}

TEST_F(ManualClock, WhatEndsByTimeEndsByIt) {
  ASSERT_EQ(server.problem(), "");
  ASSERT_EQ(server.clock().advance({}), "");
  // A token of a service account, good for ten minutes.
  const std::string token = textOf(
      server.post(inDefault + "serviceaccounts/default/token", R"({"spec":{"expirationSeconds":600}})").body, "token");
  ASSERT_FALSE(token.empty());
  auto isGood = [&] {
    const std::string review = R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":")";
    const std::string body = server.post("/apis/authentication.k8s.io/v1/tokenreviews", review + token + R"("}})").body;
    return body.find(R"("authenticated":true)") != std::string::npos;
  };
  EXPECT_TRUE(isGood());
  // A job that is done, and is to be there for an hour longer.
  const std::string jobs = "/apis/batch/v1/namespaces/default/jobs";
  ASSERT_EQ(server
                .post(jobs, R"({"metadata":{"name":"done"},"spec":{"ttlSecondsAfterFinished":3600,"parallelism":0,
                    "completions":0,"template":{"spec":{"restartPolicy":"Never","containers":[
                    {"name":"c","image":"i"}]}}}})")
                .status,
            201);
  ASSERT_EQ(server.clock().advance(std::chrono::minutes(5)), "");
  EXPECT_THAT(server.get(jobs + "/done").body, HasSubstr(R"("type":"Complete")"));
  EXPECT_TRUE(isGood());
  ASSERT_EQ(server.clock().advance(std::chrono::minutes(6)), "");
  EXPECT_FALSE(isGood());
  ASSERT_EQ(server.clock().advance(std::chrono::minutes(48)), "");
  EXPECT_EQ(server.get(jobs + "/done").status, 200);
  ASSERT_EQ(server.clock().advance(std::chrono::minutes(2)), "");
  EXPECT_EQ(server.get(jobs + "/done").status, 404);
}

TEST(TestServer, OfTheMachinesTimeHasNoClockToMove) {
  if (std::system("curl --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no curl";
  TestServer server({.program = kProgram});
  ASSERT_EQ(server.problem(), "");
  EXPECT_THAT(server.clock().advance(std::chrono::hours(1)), HasSubstr("start it with --manual-clock"));
}

}  // namespace
}  // namespace cleat::test
