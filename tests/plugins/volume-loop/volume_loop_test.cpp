// Which files volumes are, and, where this machine lets us, that they can be mounted more than once and filled.
#include <gtest/gtest.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "plugins/volume-loop/images.h"
#include "plugins/volume-loop/loop_mounts.h"

namespace cleat::loop {
namespace {

namespace fs = std::filesystem;

TEST(Images, AHandleThatIsNoFileNameIsRefused) {
  for (const char* good : {"ledger", "inline-7f-v", "A.b_c-1"}) EXPECT_EQ(wrongHandle(good), "") << good;
  for (const std::string& wrong : {std::string(), std::string(".."), std::string(".hidden"), std::string("a/b"),
                                   std::string("a b"), std::string("a\n"), std::string(201, 'x')}) {
    EXPECT_NE(wrongHandle(wrong), "") << wrong;
  }
}

TEST(LoopMounts, WhatIsMountedIsReadFromTheKernelsTable) {
  const auto mounts = parseMounts(
      "36 35 98:0 / / rw,noatime master:1 - ext4 /dev/root rw\n"
      "90 36 7:3 / /data/mounts/a\\040b rw,nosuid - ext4 /dev/loop3 rw\n"
      "broken\n");
  ASSERT_EQ(mounts.size(), 2u);
  EXPECT_EQ(mounts[0].path, "/");
  EXPECT_EQ(mounts[1].device, "7:3");
  EXPECT_EQ(mounts[1].path, "/data/mounts/a b");
}

class RealVolume : public testing::Test {
 protected:
  RealVolume() {
    char pattern[] = "/tmp/cleat-loop-test-XXXXXX";
    folder_ = mkdtemp(pattern);
    images_ = {folder_ + "/images", "/sbin/mkfs.ext4"};
  }
  ~RealVolume() override {
    for (const char* target : {"/one", "/two"}) static_cast<void>(unmount(folder_ + target));
    static_cast<void>(unmountUnused(folder_ + "/stage"));
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  void SetUp() override {
    if (geteuid() != 0 || access("/dev/loop-control", R_OK | W_OK) != 0 || access("/sbin/mkfs.ext4", X_OK) != 0) {
      GTEST_SKIP() << "takes root, loop devices and mkfs.ext4";
    }
  }
  std::string target(const char* name) {
    fs::create_directories(folder_ + name);
    return folder_ + name;
  }
  std::string folder_;
  Images images_;
};

TEST_F(RealVolume, HasTheSizeThatWasAskedForAndIsOneForAllWhoMountIt) {
  EXPECT_FALSE(images_.make("tiny", 1000)) << "too small for a filesystem";
  ASSERT_TRUE(images_.make("ledger", 8u << 20));
  ASSERT_TRUE(images_.make("ledger", 64u << 20)) << "what is there stays as it is";
  EXPECT_EQ(fs::file_size(images_.fileOf("ledger")), 8u << 20);
  const std::string stage = folder_ + "/stage", one = target("/one"), two = target("/two");
  for (int again = 0; again < 2; ++again) {
    auto mounted = mountFile(images_.fileOf("ledger"), stage);
    ASSERT_TRUE(mounted) << mounted.error().message;
    ASSERT_TRUE(mountAlso(stage, one, false));
    ASSERT_TRUE(mountAlso(stage, two, true));
  }
  struct statvfs status{};
  ASSERT_EQ(statvfs(one.c_str(), &status), 0);
  EXPECT_LT(status.f_blocks * status.f_frsize, 8u << 20);
  std::ofstream(one + "/note") << "seen";
  std::string seen;
  std::ifstream(two + "/note") >> seen;
  EXPECT_EQ(seen, "seen");
  EXPECT_FALSE(std::ofstream(two + "/other").is_open()) << "read-only";

  ASSERT_TRUE(unmount(one));
  auto unused = unmountUnused(stage);
  ASSERT_TRUE(unused);
  EXPECT_FALSE(*unused) << "the other one has it";
  ASSERT_TRUE(unmount(two));
  ASSERT_TRUE(unmount(two)) << "once more is no fault";
  unused = unmountUnused(stage);
  ASSERT_TRUE(unused);
  EXPECT_TRUE(*unused);
  ASSERT_TRUE(mountFile(images_.fileOf("ledger"), stage));
  EXPECT_TRUE(fs::exists(stage + "/note")) << "it lasts";
}

}  // namespace
}  // namespace cleat::loop
