// Layers that want to fill the disk, keep the reader busy, or leave the folder that they are unpacked into.
#include "plugins/runtime-oci/images/archive_reader.h"
#include "plugins/runtime-oci/images/layer_writer.h"
#include "tests/plugins/runtime-oci/images/layer_archive.h"
#include "tests/plugins/runtime-oci/temporary_folder.h"

#include <cleat/sdk/process.h>
#include <cleat/sdk/text.h>

#include <sys/xattr.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace cleat::runtime {
namespace {

class HostileLayerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "SKIPPED: needs root";
    ASSERT_TRUE(makeFolders(folder / "out"));
    ASSERT_TRUE(writeFile(folder / "victim", "safe"));
  }
  void TearDown() override {
    if (geteuid() != 0) return;
    EXPECT_EQ(*readFile(folder / "victim"), "safe");
    auto names = listFolder(folder.path());
    for (const std::string& name : *names)
      EXPECT_TRUE(name == "out" || name == "victim" || name == "layer.tar") << name << " is not the layer's";
  }
  Result<UnpackedLayer> unpack(const std::vector<Entry>& entries, const LayerLimits& limits = {}, bool gzip = false) {
    writeTar(folder / "layer.tar", entries, gzip);
    return unpackLayer(folder / "layer.tar", folder / "out", limits);
  }
  // The error, or "" when there is none.
  std::string whyNot(const Result<UnpackedLayer>& unpacked, uint16_t code) {
    if (unpacked) return "";
    EXPECT_EQ(unpacked.error().code, code) << unpacked.error().message;
    return unpacked.error().message;
  }
  TemporaryFolder folder;
};

TEST_F(HostileLayerTest, OneThatUnpacksToMoreThanItsShareIsCutOff) {
  LayerLimits limits{.bytes = 100'000};
  EXPECT_TRUE(unpack({{"a", S_IFREG, std::string(50'000, 'a')}}, limits));
  EXPECT_EQ(
      whyNot(unpack({{"a", S_IFREG, std::string(60'000, 'a')}, {"b", S_IFREG, std::string(60'000, 'b')}}, limits), 413),
      "the layer unpacks to more than 100000 bytes, which is all that max_layer_bytes allows");
}

TEST_F(HostileLayerTest, OneThatUnpacksToFarMoreThanWasFetchedIsCutOff) {
  LayerLimits limits{.ratio = 50, .ratioFloorBytes = 200'000};
  EXPECT_TRUE(unpack({{"a", S_IFREG, std::string(150'000, 'a')}}, limits, true)) << "too small to matter";
  auto message = whyNot(unpack({{"a", S_IFREG, std::string(2'000'000, 'a')}}, limits, true), 413);
  EXPECT_NE(message.find(" bytes and unpacks to more than 200000, which is all that max_layer_ratio (50) allows"),
            std::string::npos)
      << message;
  EXPECT_TRUE(unpack({{"a", S_IFREG, std::string(2'000'000, 'a')}}, limits)) << "that is all there, byte for byte";
}

TEST_F(HostileLayerTest, HolesCountAsWhatTheyPretendToBe) {
  EXPECT_NE(whyNot(unpack({{"a", S_IFREG, "x", 0644, false, "", 0, int64_t{1} << 40}}), 413), "");
  ASSERT_TRUE(unpack({{"b", S_IFREG, "x", 0644, false, "", 0, 1'000'000}}));
  struct stat facts{};
  ASSERT_EQ(lstat((folder / "out/b").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_size, 1'000'001);
  EXPECT_LT(facts.st_blocks, 100);
}

TEST_F(HostileLayerTest, EntriesAreCounted) {
  std::vector<Entry> entries;
  for (int i = 0; i < 11; ++i) entries.push_back({concat("d", i, "/"), S_IFDIR, "", 0755});
  EXPECT_EQ(whyNot(unpack(entries, {.entries = 10}), 413), "the layer has more than 10 entries");
  entries.pop_back();
  EXPECT_TRUE(unpack(entries, {.entries = 10}));
}

TEST_F(HostileLayerTest, WhatIsCompressedTwiceIsNotRead) {
  writeTar(folder / "layer.tar", {{"a"}}, true);
  auto twice = run(Command{.argv = {"/bin/gzip", "-kf", folder / "layer.tar"}});
  ASSERT_TRUE(twice && twice->succeeded());
  ASSERT_EQ(rename((folder / "layer.tar.gz").c_str(), (folder / "layer.tar").c_str()), 0);
  EXPECT_NE(whyNot(unpackLayer(folder / "layer.tar", folder / "out"), 400).find("compressed more than once"),
            std::string::npos);
}

TEST_F(HostileLayerTest, WhatWritesThroughALinkStaysInside) {
  std::string outside = folder.path();
  ASSERT_TRUE(unpack({{"out", S_IFLNK, outside},
                      {"out/victim", S_IFREG, "evil"},
                      {"deep/", S_IFDIR, "", 0755},
                      {"deep/up", S_IFLNK, "../../../.."},
                      {"deep/up/victim", S_IFREG, "evil"},
                      {"self", S_IFLNK, "/proc/self/root"},
                      {"self/tmp/planted", S_IFREG, "evil"},
                      {"a", S_IFLNK, "victim"},
                      {"a/../../victim", S_IFREG, "evil"}})
                  .has_value() ||
              true);  // refused or inside: what counts is seen by TearDown
  EXPECT_NE(access("/tmp/planted", F_OK), 0);
}

TEST_F(HostileLayerTest, LinksToFilesOfThisMachineAreRefused) {
  for (const char* target : {"../victim", "/etc/passwd", "../../../../etc/shadow", ".."}) {
    auto message = whyNot(unpack({{"link", S_IFREG, target, 0644, true}}), 400);
    EXPECT_NE(message, "") << target;
  }
  // Through a link of its own as well.
  EXPECT_NE(whyNot(unpack({{"way", S_IFLNK, folder.path()}, {"link", S_IFREG, "way/victim", 0644, true}}), 400), "");
}

TEST_F(HostileLayerTest, AWhiteoutReachesNothingButItsOwnFolder) {
  for (const char* name : {".wh...", ".wh..", ".wh.", "a/.wh..."})
    EXPECT_NE(whyNot(unpack({{name}}), 400).find("removes no file's name"), std::string::npos) << name;
  ASSERT_TRUE(unpack({{"../.wh.victim"}, {"/../../.wh..wh..opq"}}));
  char value[8];
  EXPECT_LT(lgetxattr(folder.path().c_str(), "trusted.overlay.opaque", value, sizeof value), 0);
}

TEST_F(HostileLayerTest, AttributesThatSteerOverlayfsOrTheKernelAreNotTakenOver) {
  for (const char* key : {"trusted.overlay.metacopy", "user.overlay.redirect", "security.selinux", "security.ima",
                          "trusted.anything", "system.posix_acl_access"}) {
    ASSERT_TRUE(unpack({{"file", S_IFREG, "x", 0644, false, key}})) << key;
    char value[8];
    EXPECT_LT(lgetxattr((folder / "out/file").c_str(), key, value, sizeof value), 0) << key;
  }
}

TEST_F(HostileLayerTest, NamesThatAreTooLongAreRefused) {
  EXPECT_NE(whyNot(unpack({{std::string(5000, 'a')}}), 400), "");
  EXPECT_FALSE(unpack({{std::string(300, 'a')}})) << "no file can be called so";
  std::string deep;
  for (int i = 0; i < 3000; ++i) deep += "a/";
  EXPECT_FALSE(unpack({{deep + "b"}}));
}

// A pax header written by hand: libarchive would not write such.
TEST_F(HostileLayerTest, AHeaderThatSaysItIsHugeIsRefused) {
  std::string head(512, '\0');
  std::memcpy(head.data(), "pax", 3);
  std::snprintf(head.data() + 100, 8, "%07o", 0644);
  std::snprintf(head.data() + 124, 12, "%011o", 0700000000);  // 117 MB of attributes
  std::memcpy(head.data() + 257, "ustar\00000", 8);
  head[156] = 'x';
  std::memset(head.data() + 148, ' ', 8);
  unsigned sum = 0;
  for (unsigned char c : head) sum += c;
  std::snprintf(head.data() + 148, 8, "%06o", sum);
  ASSERT_TRUE(writeFile(folder / "layer.tar", head + std::string(2'000'000, 'x')));
  EXPECT_FALSE(unpackLayer(folder / "layer.tar", folder / "out"));
  // And so many of them that reading one within the other would take all of the stack.
  std::snprintf(head.data() + 124, 12, "%011o", 0);
  std::memset(head.data() + 148, ' ', 8);
  sum = 0;
  for (unsigned char c : head) sum += c;
  std::snprintf(head.data() + 148, 8, "%06o", sum);
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += head;
  ASSERT_TRUE(writeFile(folder / "layer.tar", many));
  EXPECT_FALSE(unpackLayer(folder / "layer.tar", folder / "out"));
}

}  // namespace
}  // namespace cleat::runtime
