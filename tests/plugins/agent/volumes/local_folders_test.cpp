// What a hostile volume, or a hostile pod in one, can make of the folders of local volumes: nothing outside the root.
#include "volumes/local_folders.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "volumes/group_ownership.h"

namespace cleat::agent {
namespace {

namespace fs = std::filesystem;

class LocalFolders : public ::testing::Test {
 protected:
  LocalFolders() {
    char pattern[] = "/tmp/cleat-local-test-XXXXXX";
    folder_ = mkdtemp(pattern);
    root_ = folder_ + "/root";
    fs::create_directories(folder_ + "/outside/deep");
    std::ofstream(folder_ + "/outside/deep/precious") << "kept";
  }
  ~LocalFolders() override { fs::remove_all(folder_); }
  bool outsideIsWhole() const { return fs::exists(folder_ + "/outside/deep/precious"); }

  std::string folder_, root_;
};

TEST_F(LocalFolders, OnlyAFolderDirectlyBelowTheRootIsOne) {
  EXPECT_EQ(localFolderIn("/r", "/r/pvc-1"), "pvc-1");
  for (const char* path : {"/r", "/r/", "/r/.", "/r/..", "/r/../etc", "/r/a/b", "/r//a", "/rx/a", "/x/a", "r/a", "",
                           "/r/a/", "/r/./a", "/r/a/../b"}) {
    EXPECT_FALSE(localFolderIn("/r", path)) << path;
  }
  EXPECT_FALSE(localFolderIn("", "/etc"));
}

TEST_F(LocalFolders, TheRootIsAPathThatSaysWhereItIs) {
  EXPECT_EQ(wrongLocalPathRoot("/var/lib/volumes"), "");
  for (const char* root : {"", "/", "volumes", "/a/../b", "/a/./b", "/a/", "//a"}) {
    EXPECT_NE(wrongLocalPathRoot(root), "") << root;
  }
}

TEST_F(LocalFolders, AreMadeForEverybodyAndStayAsTheyAre) {
  ASSERT_TRUE(makeLocalFolder(root_, "pvc-1"));
  struct stat status{};
  ASSERT_EQ(stat((root_ + "/pvc-1").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0777u);
  chmod((root_ + "/pvc-1").c_str(), 0700);
  ASSERT_TRUE(makeLocalFolder(root_, "pvc-1"));
  ASSERT_EQ(stat((root_ + "/pvc-1").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
}

TEST_F(LocalFolders, NamesThatLeadElsewhereAreNone) {
  ASSERT_TRUE(makeLocalFolder(root_, "pvc-1"));
  for (const char* name : {"", ".", "..", "../outside", "/etc", "pvc-1/..", "a/b"}) {
    EXPECT_FALSE(makeLocalFolder(root_, name)) << name;
    EXPECT_FALSE(removeLocalFolder(root_, name)) << name;
  }
  EXPECT_TRUE(outsideIsWhole());
  EXPECT_TRUE(fs::exists(root_ + "/pvc-1"));
}

TEST_F(LocalFolders, RemovingOneFollowsNoLinkInIt) {
  ASSERT_TRUE(makeLocalFolder(root_, "pvc-1"));
  fs::create_directories(root_ + "/pvc-1/sub");
  fs::create_directory_symlink(folder_ + "/outside", root_ + "/pvc-1/sub/link");
  fs::create_symlink(folder_ + "/outside/deep/precious", root_ + "/pvc-1/file");
  ASSERT_TRUE(removeLocalFolder(root_, "pvc-1"));
  EXPECT_FALSE(fs::exists(root_ + "/pvc-1"));
  EXPECT_TRUE(outsideIsWhole());
  EXPECT_TRUE(removeLocalFolder(root_, "pvc-1")) << "what is absent is done";
}

TEST_F(LocalFolders, ATreeThatIsDeeperThanAnyPathIsRemovedToo) {
  ASSERT_TRUE(makeLocalFolder(root_, "pvc-1"));
  int folder = open((root_ + "/pvc-1").c_str(), O_RDONLY | O_DIRECTORY);
  for (int depth = 0; depth < 3000; ++depth) {
    ASSERT_EQ(mkdirat(folder, "deeper", 0700), 0);
    if (depth % 100 == 0) {
      ASSERT_EQ(mkdirat(folder, ".up-7", 0700), 0);
    }
    const int next = openat(folder, "deeper", O_RDONLY | O_DIRECTORY);
    ASSERT_GE(next, 0);
    close(folder);
    folder = next;
  }
  close(folder);
  const Result<void> removed = removeLocalFolder(root_, "pvc-1");
  EXPECT_TRUE(removed) << removed.error().message;
  EXPECT_FALSE(fs::exists(root_ + "/pvc-1"));
}

TEST_F(LocalFolders, ALinkInPlaceOfAVolumeOrOfTheRootIsLeftAlone) {
  fs::create_directories(root_);
  fs::create_directory_symlink(folder_ + "/outside", root_ + "/pvc-1");
  EXPECT_FALSE(removeLocalFolder(root_, "pvc-1"));
  EXPECT_FALSE(makeLocalFolder(root_, "pvc-1"));
  fs::create_directory_symlink(folder_ + "/outside", folder_ + "/link");
  EXPECT_FALSE(removeLocalFolder(folder_ + "/link", "deep"));
  EXPECT_TRUE(outsideIsWhole());
  EXPECT_TRUE(removeLocalFolder(folder_ + "/absent", "pvc-1"));
}

TEST_F(LocalFolders, AGroupIsGivenWhatIsInsideAndNothingElse) {
  if (geteuid() != 0) GTEST_SKIP() << "takes root";
  ASSERT_TRUE(makeLocalFolder(root_, "pvc-1"));
  const std::string volume = root_ + "/pvc-1";
  fs::create_directories(volume + "/sub");
  std::ofstream(volume + "/sub/file") << "x";
  chmod((volume + "/sub/file").c_str(), 0600);
  fs::create_directory_symlink(folder_ + "/outside", volume + "/link");
  ASSERT_TRUE(giveToGroup(volume, 2000, GroupChange::always));
  struct stat status{};
  ASSERT_EQ(stat((volume + "/sub/file").c_str(), &status), 0);
  EXPECT_EQ(status.st_gid, 2000u);
  EXPECT_EQ(status.st_mode & 07777, 0660u);
  ASSERT_EQ(stat((volume + "/sub").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 02070, 02070u);
  ASSERT_EQ(stat((folder_ + "/outside").c_str(), &status), 0);
  EXPECT_NE(status.st_gid, 2000u) << "links are not followed";
  std::ofstream(volume + "/later") << "x";
  chown((volume + "/later").c_str(), 0, 0);
  ASSERT_TRUE(giveToGroup(volume, 2000, GroupChange::onRootMismatch));
  ASSERT_EQ(stat((volume + "/later").c_str(), &status), 0);
  EXPECT_EQ(status.st_gid, 0u) << "the folder itself is as it should be";
  ASSERT_TRUE(giveToGroup(volume, 2000, GroupChange::always));
  ASSERT_EQ(stat((volume + "/later").c_str(), &status), 0);
  EXPECT_EQ(status.st_gid, 2000u);
}

}  // namespace
}  // namespace cleat::agent
