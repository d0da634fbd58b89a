// Layers as strangers make them, unpacked as root into a folder.
#include "plugins/runtime-oci/images/layer_writer.h"
#include "plugins/runtime-oci/images/archive_reader.h"
#include "tests/plugins/runtime-oci/images/layer_archive.h"
#include "tests/plugins/runtime-oci/temporary_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace cleat::runtime {
namespace {

class LayerWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "SKIPPED: needs root";
    ASSERT_TRUE(makeFolders(folder / "out"));
  }
  Result<std::string> unpack(const std::vector<Entry>& entries, bool gzip = false) {
    writeTar(folder / "layer.tar", entries, gzip);
    CLEAT_TRY(auto unpacked, unpackLayer(folder / "layer.tar", folder / "out"));
    EXPECT_EQ(unpacked.packedDigest, digestOf(*readFile(folder / "layer.tar")));
    return unpacked.digest;
  }
  struct stat at(const std::string& name) {
    struct stat facts{};
    EXPECT_EQ(lstat((folder / ("out/" + name)).c_str(), &facts), 0) << name;
    return facts;
  }
  bool exists(const std::string& path) {
    struct stat facts;
    return lstat(path.c_str(), &facts) == 0;
  }
  TemporaryFolder folder;
};

TEST_F(LayerWriterTest, FilesFoldersLinksAndDevicesAppearAsTheyWere) {
  auto digest = unpack({{"./", S_IFDIR, "", 0755},
                        {"./bin/", S_IFDIR, "", 0755},
                        {"./bin/sh", S_IFREG, "#!", 0755, false, "", 7},
                        {"./bin/hard", S_IFREG, "./bin/sh", 0755, true},
                        {"./bin/soft", S_IFLNK, "/bin/sh", 0777},
                        {"./dev/null", S_IFCHR, "", 0666},
                        {"./tmp/", S_IFDIR, "", 01777},
                        {"./bin/su", S_IFREG, "x", 04755, false, "user.note"}});
  ASSERT_TRUE(digest) << digest.error().message;
  EXPECT_EQ(*digest, digestOf(*readFile(folder / "layer.tar")));
  EXPECT_EQ(at("bin/sh").st_uid, 7u);
  EXPECT_EQ(at("bin/sh").st_mtime, 1000000);
  EXPECT_EQ(at("bin").st_mtime, 1000000);
  EXPECT_EQ(at("bin/sh").st_ino, at("bin/hard").st_ino);
  EXPECT_TRUE(S_ISLNK(at("bin/soft").st_mode));
  EXPECT_EQ(at("dev/null").st_rdev, makedev(1, 3));
  EXPECT_EQ(at("tmp").st_mode & 07777, 01777u);
  EXPECT_EQ(at("bin/su").st_mode & 07777, 04755u);
  char value[8];
  EXPECT_EQ(lgetxattr((folder / "out/bin/su").c_str(), "user.note", value, sizeof value), 1);
}

TEST_F(LayerWriterTest, TheDigestIsOfTheUncompressedArchive) {
  std::vector<Entry> entries{{"a", S_IFREG, std::string(100000, 'a')}};
  auto plain = unpack(entries);
  ASSERT_TRUE(removeTree(folder / "out"));
  ASSERT_TRUE(makeFolders(folder / "out"));
  auto compressed = unpack(entries, true);
  ASSERT_TRUE(plain && compressed);
  EXPECT_EQ(*plain, *compressed);
}

TEST_F(LayerWriterTest, WhiteoutsBecomeThoseOfOverlayfs) {
  ASSERT_TRUE(unpack({{"etc/.wh.motd"},
                      {"var/.wh..wh..opq"},
                      {"opt/.wh.again"},
                      {"opt/again/", S_IFDIR, "", 0755},
                      {"opt/again/new", S_IFREG, "x"},
                      {".wh..wh.plnk", S_IFREG, ""}}));
  EXPECT_TRUE(S_ISCHR(at("etc/motd").st_mode));
  EXPECT_EQ(at("etc/motd").st_rdev, makedev(0, 0));
  char value[8];
  for (const char* name : {"var", "opt/again"})
    EXPECT_EQ(lgetxattr((folder / ("out/" + std::string(name))).c_str(), "trusted.overlay.opaque", value, 8), 1)
        << name;
  EXPECT_FALSE(exists(folder / "out/.wh..wh.plnk"));
}

TEST_F(LayerWriterTest, NamesThatClimbStayInside) {
  ASSERT_TRUE(writeFile(folder / "victim", "safe"));
  ASSERT_TRUE(
      unpack({{"../victim", S_IFREG, "evil"}, {"../../../escaped", S_IFREG, "evil"}, {"/absolute", S_IFREG, "x"}}));
  EXPECT_EQ(*readFile(folder / "victim"), "safe");
  EXPECT_EQ(*readFile(folder / "out/victim"), "evil");
  EXPECT_TRUE(exists(folder / "out/absolute"));
  EXPECT_FALSE(exists("/escaped"));
}

TEST_F(LayerWriterTest, LinksOfTheLayerDoNotLeadOut) {
  ASSERT_TRUE(writeFile(folder / "victim", "safe"));
  std::string outside = folder.path();
  ASSERT_TRUE(unpack({{"up", S_IFLNK, ".."},
                      {"up/victim", S_IFREG, "evil"},
                      {"far", S_IFLNK, "/usr"},
                      {"usr/", S_IFDIR, "", 0755},
                      {"far/file", S_IFREG, "inside"},
                      {"self", S_IFLNK, outside + "/victim"},
                      {"self", S_IFREG, "replaced"}}));
  EXPECT_EQ(*readFile(folder / "victim"), "safe");
  EXPECT_EQ(*readFile(folder / "out/usr/file"), "inside");
  EXPECT_EQ(*readFile(folder / "out/self"), "replaced");
}

TEST_F(LayerWriterTest, AHardLinkOutOfTheLayerIsRefused) {
  ASSERT_TRUE(writeFile(folder / "victim", "safe"));
  auto digest = unpack({{"link", S_IFREG, "../victim", 0644, true}});
  ASSERT_FALSE(digest);
  EXPECT_EQ(digest.error().message,
            "the layer's entry \"link\" is a hard link to \"../victim\", which the layer does not have");
}

TEST_F(LayerWriterTest, AttributesThatSteerOverlayfsAreNotTakenOver) {
  ASSERT_TRUE(unpack({{"folder/", S_IFDIR, "", 0755, false, "trusted.overlay.redirect"}}));
  char value[8];
  EXPECT_LT(lgetxattr((folder / "out/folder").c_str(), "trusted.overlay.redirect", value, sizeof value), 0);
}

TEST_F(LayerWriterTest, LaterEntriesReplaceEarlierOnes) {
  ASSERT_TRUE(unpack({{"a/", S_IFDIR, "", 0755},
                      {"a/b", S_IFREG, "1"},
                      {"a", S_IFREG, "file"},
                      {"a", S_IFLNK, "elsewhere"},
                      {"a/", S_IFDIR, "", 0700},
                      {"a/c", S_IFREG, "2"}}));
  EXPECT_FALSE(exists(folder / "out/a/b"));
  EXPECT_EQ(*readFile(folder / "out/a/c"), "2");
}

TEST_F(LayerWriterTest, AnArchiveThatIsCutOffOrIsNoneIsRefused) {
  writeTar(folder / "layer.tar", {{"a", S_IFREG, std::string(50000, 'x')}}, true);
  std::string whole = *readFile(folder / "layer.tar");
  ASSERT_TRUE(writeFile(folder / "layer.tar", whole.substr(0, whole.size() / 2)));
  EXPECT_FALSE(unpackLayer(folder / "layer.tar", folder / "out"));
  ASSERT_TRUE(writeFile(folder / "layer.tar", "this is not an archive, but a text that goes on and on"));
  EXPECT_FALSE(unpackLayer(folder / "layer.tar", folder / "out"));
}

TEST_F(LayerWriterTest, NamesBeyondAsciiAreKept) {
  ASSERT_TRUE(unpack({{"\xc3\xa4\xe2\x82\xac", S_IFREG, "x"}}));
  EXPECT_TRUE(exists(folder / "out/\xc3\xa4\xe2\x82\xac"));
}

}  // namespace
}  // namespace cleat::runtime
