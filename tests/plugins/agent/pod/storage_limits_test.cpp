// What pods may write on the node's disk.
#include "plugins/agent/pod/storage_limits.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/object.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "plugins/agent/pod/storage_watch.h"

namespace cleat::agent {
namespace {

constexpr uint64_t kMiB = 1 << 20;

class StorageLimitsTest : public testing::Test {
 protected:
  StorageLimitsTest() {
    auto volumes = spec().initVolumes(2);
    volumes[0].setName("data");
    volumes[0].initEmptyDir();
    volumes[1].setName("memory");
    volumes[1].initEmptyDir().setMedium("Memory");
    volumes[1].getEmptyDir().setSizeLimit("1Mi");
    auto containers = spec().initContainers(2);
    containers[0].setName("a");
    containers[1].setName("b");
  }
  core_v1::PodSpec::Builder spec() { return pod_->getSpec(); }
  void limit(int container, const char* amount) {
    auto entry = spec().getContainers()[container].initResources().initLimits(1)[0];
    entry.setKey("ephemeral-storage");
    entry.setValue(amount);
  }
  std::string why(const StorageUse& use) { return storageExceeded(spec().asReader(), use).value_or(""); }

 private:
  Draft<core_v1::Pod> pod_;
};

TEST_F(StorageLimitsTest, WithoutLimitsNothingIsTooMuch) {
  EXPECT_FALSE(limitsStorage(spec().asReader()));
  EXPECT_EQ(why({{{"data", 1ull << 40}, {"memory", 1ull << 40}}, {{"a", 1ull << 40}}}), "");
}

TEST_F(StorageLimitsTest, AnEmptyFolderHasALimitOfItsOwn) {
  spec().getVolumes()[0].getEmptyDir().setSizeLimit("1Mi");
  EXPECT_TRUE(limitsStorage(spec().asReader()));
  EXPECT_EQ(why({{{"data", kMiB}}, {}}), "");
  EXPECT_EQ(why({{{"data", kMiB + 1}}, {}}), "Usage of EmptyDir volume \"data\" exceeds the limit \"1Mi\". ");
}

TEST_F(StorageLimitsTest, AContainerHasALimitOfItsOwn) {
  limit(0, "2Mi");
  limit(1, "1Gi");
  EXPECT_EQ(why({{}, {{"a", 2 * kMiB}, {"b", 20 * kMiB}}}), "");
  EXPECT_EQ(why({{}, {{"a", 3 * kMiB}}}), "Container a exceeded its local ephemeral storage limit \"2Mi\". ");
}

TEST_F(StorageLimitsTest, WhatAllWriteTogetherIsLimitedByAll) {
  limit(0, "2Mi");
  EXPECT_EQ(why({{{"data", kMiB}}, {{"a", kMiB}}}), "");
  EXPECT_EQ(why({{{"data", 2 * kMiB}}, {{"b", kMiB}}}),
            "Pod ephemeral local storage usage exceeds the total limit of containers 2097152. ");
}

TEST(BytesBelow, CountsWhatIsOnDiskOnceAndFollowsNoLink) {
  char name[] = "/tmp/cleat-bytes-XXXXXX";
  const std::string folder = mkdtemp(name);
  ASSERT_TRUE(makeFolders(folder + "/a/b"));
  const uint64_t before = bytesBelow(folder);
  ASSERT_TRUE(writeFile(folder + "/a/b/file", std::string(kMiB, 'x')));
  const uint64_t one = bytesBelow(folder) - before;
  EXPECT_GE(one, kMiB);
  EXPECT_LT(one, kMiB + 65536);
  ASSERT_EQ(link((folder + "/a/b/file").c_str(), (folder + "/again").c_str()), 0);
  ASSERT_EQ(symlink("/", (folder + "/a/root").c_str()), 0);
  EXPECT_LT(bytesBelow(folder) - before, one + 65536);
  ASSERT_EQ(truncate((folder + "/again").c_str(), 0), 0);
  EXPECT_LT(bytesBelow(folder), before + 65536);
  EXPECT_EQ(bytesBelow(folder + "/absent"), 0u);
  EXPECT_TRUE(removeTree(folder));
}

}  // namespace
}  // namespace cleat::agent
