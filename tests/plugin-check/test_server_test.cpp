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

}  // namespace
}  // namespace cleat::test
