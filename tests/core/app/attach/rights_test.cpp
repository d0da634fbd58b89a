#include "core/app/attach/rights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/log.h"
#include "tests/core/bus/fake_server.h"

namespace cleat::app {
namespace {

using bus::FakeServer;

std::vector<std::string> textsOf(const std::vector<Right>& rights) {
  std::vector<std::string> texts;
  for (const Right& right : rights) texts.push_back(right.text());
  return texts;
}

TEST(Rights, AreReadFromAManifest) {
  EXPECT_THAT(textsOf(rightsIn("- pods,nodes get,list\n- pods/binding create\napps replicasets watch\n")),
              ::testing::ElementsAre("get pods", "list pods", "get nodes", "list nodes", "create pods/binding",
                                     "watch replicasets.apps"));
}

TEST(Rights, ThoseThatTheServerDeniesAreMissing) {
  auto server = std::make_shared<FakeServer>();
  std::vector<std::string> missing;
  spawn(missingRights(server, rightsIn("- pods get,delete\n")), [&](Result<std::vector<Right>> found) {
    ASSERT_TRUE(found);
    missing = textsOf(*found);
  });
  auto first = server->next();
  EXPECT_EQ(first->request.target, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
  EXPECT_THAT(first->request.body, ::testing::HasSubstr(R"("verb":"get","group":"","resource":"pods")"));
  first->answer(201, R"({"status":{"allowed":true}})");
  server->next()->answer(201, R"({"status":{"allowed":false}})");
  EXPECT_THAT(missing, ::testing::ElementsAre("delete pods"));
}

TEST(Rights, NoneAreMissingWhereTheServerCannotBeAsked) {
  base::LogCapture quiet([](base::LogLevel, std::string_view, std::string_view) {});
  auto server = std::make_shared<FakeServer>();
  bool done = false;
  spawn(missingRights(server, rightsIn("- pods get,delete\n")),
        [&](Result<std::vector<Right>> found) { done = found && found->empty(); });
  server->next()->answer(404, "404 page not found");
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace cleat::app
