// Volumes that are images, and what a container says at its end where it left no message.
#include <cleat/sdk/file.h>

#include <algorithm>

#include "pod/termination_message.h"
#include "tests/plugins/agent/node_fixture.h"

namespace cleat::agent::test {
namespace {

Draft<Pod> podWithImageVolume(const std::string& policy, const std::string& subPath = {}) {
  auto pod = podNamed("web");
  auto volume = pod->getSpec().initVolumes(1)[0];
  volume.setName("data");
  volume.initImage().setReference("data:1");
  volume.getImage().setPullPolicy(policy);
  auto mount = pod->getSpec().getContainers()[0].initVolumeMounts(1)[0];
  mount.setName("data");
  mount.setMountPath("/data");
  mount.setSubPath(subPath);
  return pod;
}

class ImageVolume : public ::testing::Test {
 protected:
  void SetUp() override { node_.startAgent(); }
  bool mounted(const std::string& what) {
    auto& mounts = node_.runtime().find("main")->mounts;
    return std::find(mounts.begin(), mounts.end(), what) != mounts.end();
  }
  NodeFixture node_;
};

TEST_F(ImageVolume, IsPulledAndMountedToBeReadOnly) {
  node_.runtime().pullable.insert("data:1");
  node_.put(podWithImageVolume("Always", "part"));
  node_.advance(1s);
  EXPECT_EQ(node_.runtime().count("pull data:1"), 1);
  EXPECT_TRUE(mounted("/data ro data:1/part"));
  EXPECT_EQ(node_.phase("web"), "Running");
  EXPECT_EQ(str(node_.status("web").getVolumeMounts()[0].getMountPath()), "/data");
}

TEST_F(ImageVolume, ThatIsNotThereKeepsTheContainerWaiting) {
  node_.put(podWithImageVolume("Never"));
  node_.advance(1s);
  EXPECT_EQ(node_.runtime().find("main"), nullptr);
  EXPECT_EQ(str(node_.status("web").getState().getWaiting().getReason()), "ErrImageNeverPull");
  node_.runtime().images.insert("data:1");
  node_.advance(40s);
  EXPECT_EQ(node_.phase("web"), "Running");
}

TEST(LogTail, AddsNoEndToALineThatHasNone) {
  std::string path = concat(::testing::TempDir(), "tail-", ::getpid(), ".log");
  ASSERT_TRUE(writeFile(path,
                        "2026-03-01T12:00:00.000000000Z stdout F first\n"
                        "2026-03-01T12:00:00.000000000Z stderr P DO\n"
                        "2026-03-01T12:00:00.000000000Z stderr P NE\n"));
  EXPECT_EQ(logTail(path, 80, 2048), "first\nDONE");
  EXPECT_EQ(logTail(path, 1, 2048), "NE");
  EXPECT_EQ(logTail(path, 80, 3), "ONE");
}

}  // namespace
}  // namespace cleat::agent::test
