// What volumes look like on the disk.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "volumes/atomic_writer.h"
#include "volumes/pod_volumes.h"

namespace cleat::agent {
namespace {

namespace fs = std::filesystem;

class VolumeFolder : public ::testing::Test {
 protected:
  VolumeFolder() {
    char pattern[] = "/tmp/cleat-volume-test-XXXXXX";
    folder_ = mkdtemp(pattern);
  }
  ~VolumeFolder() override { fs::remove_all(folder_); }

  std::string read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(folder_ + "/" + path).rdbuf();
    return text.str();
  }
  uint32_t mode(const std::string& path) {
    struct stat status{};
    return stat((folder_ + "/" + path).c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }
  size_t hidden() {
    size_t count = 0;
    for (const auto& entry : fs::directory_iterator(folder_))
      count += entry.path().filename().string().starts_with("..");
    return count;
  }

  std::string folder_;
};

TEST_F(VolumeFolder, FilesAreSeenThroughOneLinkThatIsReplacedAtOnce) {
  ASSERT_TRUE(writeAtomically(folder_, {{"a", {"1", 0644, {}}}, {"sub/b", {"2", 0400, {}}}}, "first", {}));
  EXPECT_EQ(read("a"), "1");
  EXPECT_EQ(read("sub/b"), "2");
  EXPECT_EQ(mode("sub/b"), 0400u);
  EXPECT_EQ(fs::read_symlink(folder_ + "/..data"), "..first");
  EXPECT_EQ(fs::read_symlink(folder_ + "/a"), "..data/a");
  ASSERT_TRUE(writeAtomically(folder_, {{"a", {"changed", 0644, {}}}}, "second", {}));
  EXPECT_EQ(read("a"), "changed");
  EXPECT_FALSE(fs::exists(folder_ + "/sub"));
  EXPECT_EQ(hidden(), 2u) << "the old files are gone";
}

TEST_F(VolumeFolder, TheSameContentIsNotWrittenAgain) {
  VolumeFiles files{{"a", {"1", 0644, {}}}};
  ASSERT_TRUE(writeAtomically(folder_, files, "first", {}));
  ASSERT_TRUE(writeAtomically(folder_, files, "second", {}));
  EXPECT_EQ(fs::read_symlink(folder_ + "/..data"), "..first");
  files["a"].mode = 0600;
  ASSERT_TRUE(writeAtomically(folder_, files, "third", {}));
  EXPECT_EQ(mode("a"), 0600u);
}

TEST_F(VolumeFolder, PathsThatLeadOutAreRefused) {
  for (const char* path : {"/etc/passwd", "../a", "a/../../b", "..data", "", "a//b", "a/./b"}) {
    EXPECT_FALSE(checkVolumePath(path)) << path;
  }
  for (const char* path : {"a", "a/b/c", "a..b", "a/..b"}) EXPECT_TRUE(checkVolumePath(path)) << path;
}

TEST_F(VolumeFolder, AnEmptyDirIsForEverybodyAndKeepsItsFiles) {
  VolumeState state{.kind = VolumeState::Kind::emptyDir, .name = "v", .path = folder_ + "/v"};
  ASSERT_TRUE(applyVolume(state, "x"));
  EXPECT_EQ(mode("v"), 0777u);
  std::ofstream(folder_ + "/v/file") << "kept";
  ASSERT_TRUE(applyVolume(state, "y"));
  EXPECT_EQ(read("v/file"), "kept");
}

struct HostPathCase {
  const char *type, *path;
  bool fits;
};
TEST_F(VolumeFolder, HostPathsAreCheckedForTheirType) {
  std::ofstream(folder_ + "/file") << "x";
  for (const HostPathCase& one : std::initializer_list<HostPathCase>{{"", "anything", true},
                                                                     {"Directory", "", true},
                                                                     {"Directory", "file", false},
                                                                     {"Directory", "absent", false},
                                                                     {"File", "file", true},
                                                                     {"File", "absent", false},
                                                                     {"DirectoryOrCreate", "new", true},
                                                                     {"FileOrCreate", "newfile", true},
                                                                     {"Socket", "file", false},
                                                                     {"CharDevice", "../../dev/null", true}}) {
    VolumeState state{.kind = VolumeState::Kind::hostPath, .name = "v", .path = folder_ + "/" + one.path};
    state.hostPathType = one.type;
    EXPECT_EQ(applyVolume(state, "x").has_value(), one.fits) << one.type << " " << one.path;
  }
  EXPECT_TRUE(fs::is_directory(folder_ + "/new"));
  EXPECT_TRUE(fs::is_regular_file(folder_ + "/newfile"));
}

}  // namespace
}  // namespace cleat::agent
