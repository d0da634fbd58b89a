#include "pod/user_ranges.h"

#include <cleat/sdk/file.h>

#include "pod/admission.h"
#include "tests/plugins/agent/node_fixture.h"

namespace cleat::agent::test {
namespace {

class UserRangesTest : public ::testing::Test {
 protected:
  static Draft<Pod> ownUsers(const std::string& name) {
    auto pod = podNamed(name);
    pod->getSpec().initHostUsers().setValue(false);
    return pod;
  }
  uint32_t firstOf(std::string_view pod) {
    for (const auto& sandbox : node_.runtime().sandboxes) {
      if (sandbox.name == pod) return sandbox.firstUserId;
    }
    return 0;
  }
  NodeFixture node_;
};

TEST_F(UserRangesTest, EachPodHasIdsOfItsOwnAndKeepsThemOverARestart) {
  node_.startAgent();
  node_.put(ownUsers("one"));
  node_.put(ownUsers("two"));
  node_.put(podNamed("plain"));
  node_.advance(2s);
  EXPECT_EQ(firstOf("one"), 65536u);
  EXPECT_EQ(firstOf("two"), 131072u);
  EXPECT_EQ(firstOf("plain"), 0u);
  node_.stopAgent();
  node_.startAgent();
  node_.settle();
  node_.put(ownUsers("three"));
  node_.advance(2s);
  EXPECT_EQ(firstOf("three"), 196608u) << "what others have had since before the restart is theirs";
}

TEST_F(UserRangesTest, TheRangeOfAPodThatIsGoneIsGivenAgain) {
  node_.startAgent();
  node_.put(ownUsers("one"));
  node_.put(ownUsers("two"));
  node_.advance(2s);
  node_.requestDeletion("one", 1);
  node_.advance(5s);
  node_.put(ownUsers("three"));
  node_.advance(2s);
  EXPECT_EQ(firstOf("three"), 65536u);
}

TEST_F(UserRangesTest, ThePodsFilesAreSeenWithItsIds) {
  node_.startAgent();
  node_.put(ownUsers("one"));
  node_.advance(2s);
  auto& mounts = node_.runtime().find("main")->mounts;
  EXPECT_NE(std::find(mounts.begin(), mounts.end(), "/etc/hosts rw mapped"), mounts.end());
}

TEST_F(UserRangesTest, WithoutThemInTheRuntimeThePodIsRefused) {
  node_.runtime().capable = false;
  node_.startAgent();
  node_.put(ownUsers("one"));
  node_.advance(2s);
  EXPECT_EQ(node_.phase("one"), "Failed");
  EXPECT_EQ(str(node_.pod("one")->getStatus().getReason()), "UnsupportedField");
  EXPECT_TRUE(node_.hasEvent("UnsupportedField",
                             "can't set `spec.hostUsers: false`, runtime does not support user namespaces"));
  EXPECT_EQ(node_.runtime().count("run sandbox"), 0);
}

}  // namespace
}  // namespace cleat::agent::test
