// What is kept of layers, when it is used again, and who waits for whom.
#include "plugins/runtime-oci/images/layer_store.h"
#include "plugins/runtime-oci/images/image_store.h"
#include "tests/plugins/runtime-oci/images/made_image.h"
#include "tests/plugins/runtime-oci/temporary_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

namespace cleat::runtime {
namespace {

class LayerStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "SKIPPED: needs root";
    ASSERT_TRUE(makeFolders(folder / "work"));
    reopen();
  }
  void reopen(ImageLimits limits = {}) {
    store = std::make_unique<ImageStore>(folder / "images", limits);
    problems = *store->open();
  }
  std::string adopt(const std::vector<Layer>& layers, const std::string& name = "docker.io/library/a:1") {
    auto image = store->adopt(made.layout(layers, name), {name});
    if (!image) store->collect();
    return image ? "" : image.error().message;
  }
  void expectNothingLeft() {
    for (const char* name : {"layers", "verified", "blobs/sha256", "tmp"})
      EXPECT_EQ(*listFolder(folder / ("images/" + std::string(name))), std::vector<std::string>()) << name;
  }
  std::string fileOf(const Layer& layer, const std::string& name) {
    return store->layersFolder() + "/" + layer.diffId.substr(7) + "/" + name;
  }
  ino_t inode(const Layer& layer) {
    struct stat facts{};
    EXPECT_EQ(stat(fileOf(layer, "").c_str(), &facts), 0);
    return facts.st_ino;
  }

  TemporaryFolder folder;
  MadeImages made{folder / "images", folder / "work"};
  std::unique_ptr<ImageStore> store;
  std::vector<std::string> problems;
};

TEST_F(LayerStoreTest, AFolderHasTheWholeDigestForItsNameAndIsForRootOnly) {
  Layer layer = made.layer({{"a", S_IFREG, "1"}});
  EXPECT_EQ(adopt({layer}), "");
  EXPECT_EQ(*readFile(fileOf(layer, "a")), "1");
  struct stat facts{};
  ASSERT_EQ(stat(store->layersFolder().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0700u);
  ASSERT_EQ(chmod(store->layersFolder().c_str(), 0777), 0);
  reopen();
  ASSERT_EQ(stat(store->layersFolder().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0700u);
}

TEST_F(LayerStoreTest, ABombIsNamedAndLeavesNothing) {
  reopen({.layer = {.bytes = 100'000}});
  Layer fine = made.layer({{"a", S_IFREG, "1"}});
  Layer bomb = made.layer({{"b", S_IFREG, std::string(200'000, '0')}}, true);
  EXPECT_EQ(
      adopt({fine, bomb}),
      "layer " + bomb.blob + ": the layer unpacks to more than 100000 bytes, which is all that max_layer_bytes allows");
  expectNothingLeft();
}

TEST_F(LayerStoreTest, AnImagesLayersCountTogetherThoseThatAreThereAlreadyToo) {
  reopen({.bytes = 250'000});
  Layer one = made.layer({{"a", S_IFREG, std::string(100'000, '1')}});
  Layer two = made.layer({{"b", S_IFREG, std::string(100'000, '2')}});
  Layer three = made.layer({{"c", S_IFREG, std::string(100'000, '3')}});
  EXPECT_EQ(adopt({one, two}), "");
  EXPECT_EQ(adopt({three}, "docker.io/library/b:1"), "");
  EXPECT_EQ(adopt({one, two, three}, "docker.io/library/c:1"),
            "layer " + three.blob +
                ": the image unpacks to more than 250000 bytes, which is all that max_image_bytes allows");
  Layer four = made.layer({{"d", S_IFREG, std::string(100'000, '4')}});
  EXPECT_NE(adopt({one, two, four}, "docker.io/library/d:1").find("which is all that max_image_bytes allows"),
            std::string::npos);
  EXPECT_EQ(store->list().size(), 2u);
}

TEST_F(LayerStoreTest, BlobsThatAreNotWhatTheyAreCalledAreRefused) {
  Layer layer = made.layer({{"a", S_IFREG, "1"}});
  Layer other = made.layer({{"a", S_IFREG, "2"}});
  Layer liesOfContent{other.diffId, layer.blob, layer.packedBytes};
  EXPECT_EQ(adopt({liesOfContent}), "layer " + layer.blob + ": it is damaged: its content is " + layer.diffId +
                                        ", and the configuration says " + other.diffId);
  expectNothingLeft();

  layer = made.layer({{"a", S_IFREG, "1"}});
  std::string content = *readFile(made.pathOf(layer.blob));
  content[600] ^= 1;
  ASSERT_TRUE(writeFile(made.pathOf(layer.blob), content));
  EXPECT_EQ(adopt({layer}), "layer " + layer.blob + ": it is damaged: its digest is " + digestOf(content));
  expectNothingLeft();

  layer = made.layer({{"a", S_IFREG, "1"}});
  Layer liesOfSize{layer.diffId, layer.blob, layer.packedBytes - 1};
  EXPECT_NE(adopt({liesOfSize}).find("it is damaged: it has "), std::string::npos);
  expectNothingLeft();
}

TEST_F(LayerStoreTest, AManifestOrConfigurationThatIsNotWhatItIsCalledIsRefused) {
  Layer layer = made.layer({{"a", S_IFREG, "1"}});
  std::string layout = made.layout({layer});
  auto names = *listFolder(folder / "images/blobs/sha256");
  for (const std::string& name : names) {
    std::string path = folder / ("images/blobs/sha256/" + name);
    std::string content = *readFile(path);
    if (!content.starts_with("{")) continue;
    ASSERT_TRUE(writeFile(path, content + " "));
    auto image = store->adopt(layout, {"docker.io/library/a:1"});
    ASSERT_FALSE(image);
    EXPECT_NE(image.error().message.find("of the image is damaged: its digest is"), std::string::npos);
    ASSERT_TRUE(writeFile(path, content));
  }
  EXPECT_TRUE(store->adopt(layout, {"docker.io/library/a:1"}));
}

TEST_F(LayerStoreTest, AnotherFolderInALayersPlaceIsNotUsed) {
  Layer layer = made.layer({{"a", S_IFREG, "1"}});
  ASSERT_TRUE(makeFolders(fileOf(layer, "")));
  ASSERT_TRUE(writeFile(fileOf(layer, "planted"), "evil"));
  EXPECT_EQ(adopt({layer}), "");
  EXPECT_NE(access(fileOf(layer, "planted").c_str(), F_OK), 0) << "it had no record";

  ASSERT_EQ(rename(fileOf(layer, "").c_str(), (folder / "work/aside").c_str()), 0);
  ASSERT_TRUE(makeFolders(fileOf(layer, "")));
  ASSERT_TRUE(writeFile(fileOf(layer, "planted"), "evil"));
  reopen();
  EXPECT_NE(access(fileOf(layer, "planted").c_str(), F_OK), 0) << "the record is of another folder";
  EXPECT_EQ(*readFile(fileOf(layer, "a")), "1");

  std::string place = store->layersFolder() + "/" + layer.diffId.substr(7);
  ASSERT_TRUE(removeTree(place));
  ASSERT_EQ(symlink((folder / "work/aside").c_str(), place.c_str()), 0);
  reopen();
  struct stat facts{};
  ASSERT_EQ(lstat(place.c_str(), &facts), 0);
  EXPECT_TRUE(S_ISDIR(facts.st_mode)) << "nor is a link";
}

TEST_F(LayerStoreTest, WhatIsCompleteIsNotUnpackedAgain) {
  Layer layer = made.layer({{"a", S_IFREG, "1"}});
  EXPECT_EQ(adopt({layer}), "");
  ino_t before = inode(layer);
  EXPECT_EQ(adopt({layer}, "docker.io/library/b:1"), "");
  reopen();
  EXPECT_EQ(problems, std::vector<std::string>());
  EXPECT_EQ(inode(layer), before);
}

TEST_F(LayerStoreTest, AStoreOfTheTimeWithShorterNamesIsTakenOver) {
  Layer layer = made.layer({{"a", S_IFREG, "1"}});
  EXPECT_EQ(adopt({layer}), "");
  std::string old = store->layersFolder() + "/" + layer.diffId.substr(7, 24);
  ASSERT_EQ(rename(fileOf(layer, "").c_str(), old.c_str()), 0);
  ASSERT_TRUE(removeTree(folder / "images/verified"));
  reopen();
  EXPECT_EQ(problems, std::vector<std::string>());
  EXPECT_EQ(*readFile(fileOf(layer, "a")), "1");
  store->use(std::vector<std::string>{layer.diffId.substr(7, 24)});
  store->collect();
  EXPECT_EQ(access(old.c_str(), F_OK), 0) << "a container still stands on it";
  store->release({layer.diffId.substr(7, 24)});
  store->collect();
  EXPECT_NE(access(old.c_str(), F_OK), 0);
}

TEST_F(LayerStoreTest, ALayerThatTakesLongKeepsNobodyWaitingButThoseWhoWantIt) {
  Layer slow = made.layer({{"a", S_IFREG, "slow"}});
  std::string content = *readFile(made.pathOf(slow.blob));
  ASSERT_EQ(unlink(made.pathOf(slow.blob).c_str()), 0);
  ASSERT_EQ(mkfifo(made.pathOf(slow.blob).c_str(), 0600), 0);
  slow.packedBytes = 0;  // as a pipe's
  std::string first = made.layout({slow}, "first"), second = made.layout({slow}, "second");
  // As whoever copies an image has one: until somebody is at it nothing else keeps what it consists of.
  auto transfer = store->beginTransfer();
  ASSERT_TRUE(transfer);
  std::string failed[2];
  std::thread one([&] {
    if (auto image = store->adopt(first, {"docker.io/library/slow:1"}); !image) failed[0] = image.error().message;
  });
  // Only a reader makes that succeed: the first is at the layer.
  Fd pipe(::open(made.pathOf(slow.blob).c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(pipe);
  std::thread two([&] {
    if (auto image = store->adopt(second, {"docker.io/library/slow:2"}); !image) failed[1] = image.error().message;
  });
  Layer quick = made.layer({{"a", S_IFREG, "quick"}});
  EXPECT_EQ(adopt({quick}, "docker.io/library/quick:1"), "");
  EXPECT_TRUE(store->use("quick:1"));
  EXPECT_EQ(store->list().size(), 1u);
  store->collect();
  EXPECT_EQ(access(made.pathOf(slow.blob).c_str(), F_OK), 0) << "an image on its way keeps its blobs";
  ASSERT_EQ(write(pipe.get(), content.data(), content.size()), ssize_t(content.size()));
  pipe.reset();
  one.join();
  two.join();
  EXPECT_EQ(failed[0] + failed[1], "") << "a pipe can be read once: the second has found what the first had made";
  EXPECT_EQ(store->list().size(), 3u);
  EXPECT_EQ(*readFile(fileOf(slow, "a")), "slow");
}

}  // namespace
}  // namespace cleat::runtime
