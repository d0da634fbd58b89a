// What is said to drivers and written down of their volumes. The calls themselves are tried with a real driver
// (tests/cluster/csi_test.sh).
#include <gtest/gtest.h>

#include <filesystem>

#include "volume-csi/csi_driver.h"
#include "volume-csi/published_volumes.h"

namespace cleat::csi {
namespace {

namespace fs = std::filesystem;

TEST(CsiDriver, IsToldHowAVolumeIsUsed) {
  const DriverFacts plain{.name = "d"};
  DriverFacts modern{.name = "d"};
  modern.knowsSingleWriters = modern.setsGroup = true;
  auto mode = [](const DriverFacts& driver, const char* mode) {
    return static_cast<int>(capabilityOf(driver, {.block = true, .accessModes = {mode}}).back());
  };
  EXPECT_EQ(mode(plain, "ReadWriteOnce"), 1);
  EXPECT_EQ(mode(plain, "ReadOnlyMany"), 3);
  EXPECT_EQ(mode(plain, "ReadWriteMany"), 5);
  EXPECT_EQ(mode(plain, "ReadWriteOncePod"), 1);
  EXPECT_EQ(mode(modern, "ReadWriteOncePod"), 6);
  EXPECT_EQ(mode(modern, "ReadWriteOnce"), 7);
  const VolumeUse use{.fsType = "xfs", .mountOptions = {"ro"}, .accessModes = {}, .group = "7"};
  EXPECT_EQ(capabilityOf(plain, use), std::string("\x12\x09\x0a\x03xfs\x12\x02ro\x1a\x02\x08\x01"));
  EXPECT_NE(capabilityOf(modern, use)
                .find("\x1a\x01"
                      "7"),
            std::string::npos);
}

class Folder : public testing::Test {
 protected:
  Folder() {
    char pattern[] = "/tmp/cleat-csi-test-XXXXXX";
    path_ = mkdtemp(pattern);
  }
  ~Folder() override { fs::remove_all(path_); }
  std::string path_;
};

TEST_F(Folder, AVolumeIsUnusedWhenItsLastTargetHasGone) {
  const PublishedVolumes volumes(path_);
  EXPECT_FALSE(volumes.isKnown("d", "v"));
  ASSERT_TRUE(volumes.noteTarget("d", "v", "/pods/1"));
  ASSERT_TRUE(volumes.noteTarget("d", "v", "/pods/2"));
  ASSERT_TRUE(volumes.noteTarget("d", "v", "/pods/2"));
  ASSERT_TRUE(volumes.makeStaging("d", "v"));
  EXPECT_EQ(volumes.forgetTarget("d", "v", "/pods/1").value_or(true), false);
  EXPECT_EQ(volumes.forgetTarget("d", "v", "/pods/none").value_or(true), false);
  const PublishedVolumes later(path_);
  EXPECT_EQ(later.forgetTarget("d", "v", "/pods/2").value_or(false), true);
  ASSERT_TRUE(later.forget("d", "v"));
  EXPECT_FALSE(volumes.isKnown("d", "v"));
}

TEST_F(Folder, WhatIsStillStagedIsNotEmptied) {
  const PublishedVolumes volumes(path_);
  ASSERT_TRUE(volumes.noteTarget("d", "v", "/pods/1"));
  const auto staging = volumes.makeStaging("d", "v");
  ASSERT_TRUE(staging);
  fs::create_directory(*staging + "/precious");
  EXPECT_FALSE(volumes.forget("d", "v"));
  EXPECT_TRUE(fs::exists(*staging + "/precious"));
}

}  // namespace
}  // namespace cleat::csi
