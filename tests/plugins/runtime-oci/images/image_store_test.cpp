// Images made here, copied by the real skopeo.
#include "plugins/runtime-oci/images/image_store.h"
#include "cleat_folders.h"
#include "plugins/runtime-oci/images/archive_reader.h"
#include "plugins/runtime-oci/images/image_fetcher.h"
#include "tests/plugins/runtime-oci/temporary_folder.h"

#include <cleat/sdk/process.h>

#include <unistd.h>

namespace cleat::runtime {
namespace {

class ImageStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "SKIPPED: needs root";
    for (const char* program : {"/usr/bin/skopeo", "/bin/busybox"})
      if (access(program, X_OK) != 0) GTEST_SKIP() << "SKIPPED: " << program << " is not installed";
    auto output = run(Command{.argv = {CLEAT_SOURCE_DIR "/etc/demo-image.sh", folder / "demo.tar"}});
    ASSERT_TRUE(output && output->succeeded()) << output->standardError;
    reopen();
  }
  std::vector<std::string> reopen() {
    store = std::make_unique<ImageStore>(folder / "images");
    auto problems = store->open();
    EXPECT_TRUE(problems);
    fetcher = std::make_unique<ImageFetcher>(*store, FetchSettings{});
    return *problems;
  }
  size_t count(const std::string& name) { return listFolder(folder / ("images/" + name))->size(); }

  TemporaryFolder folder;
  std::unique_ptr<ImageStore> store;
  std::unique_ptr<ImageFetcher> fetcher;
};

TEST_F(ImageStoreTest, ADockerArchiveIsImportedUnderTheNamesItHas) {
  auto image = fetcher->import(folder / "demo.tar", "");
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->names, std::vector<std::string>{"docker.io/library/cleat-demo:1"});
  EXPECT_EQ(image->config.cmd, std::vector<std::string>{"/bin/serve"});
  EXPECT_EQ(image->config.env, std::vector<std::string>{"PATH=/bin"});
  ASSERT_EQ(image->layers.size(), 1u);
  EXPECT_TRUE(readFile(store->layersFolder() + "/" + image->layers[0] + "/etc/passwd"));
  EXPECT_EQ(count("tmp"), 0u);
  EXPECT_EQ(store->find("cleat-demo:1")->id, image->id);
  EXPECT_EQ(store->find(image->id)->id, image->id);
  EXPECT_EQ(store->find(image->id.substr(7, 12))->id, image->id);
  EXPECT_EQ(store->find("cleat-demo:2").error().code, 404);
}

TEST_F(ImageStoreTest, AnImageIsThereAgainAfterARestart) {
  auto image = fetcher->import(folder / "demo.tar", "other/name:x");
  ASSERT_TRUE(image);
  EXPECT_TRUE(reopen().empty());
  auto again = store->find("other/name:x");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, image->id);
  EXPECT_EQ(again->layers, image->layers);
}

TEST_F(ImageStoreTest, OciArchivesAndFoldersAreImportedToo) {
  for (const std::string& target : {"oci-archive:" + (folder / "oci.tar"), "oci:" + (folder / "layout")}) {
    auto output = run(Command{.argv = {"/usr/bin/skopeo", "copy", "-q", "docker-archive:" + (folder / "demo.tar"),
                                       target + ":example.org/demo:7"}});
    ASSERT_TRUE(output && output->succeeded()) << output->standardError;
  }
  auto archived = fetcher->import(folder / "oci.tar", "");
  ASSERT_TRUE(archived) << archived.error().message;
  EXPECT_EQ(archived->names, std::vector<std::string>{"example.org/demo:7"});
  auto layout = fetcher->import(folder / "layout", "from-folder");
  ASSERT_TRUE(layout) << layout.error().message;
  EXPECT_EQ(layout->id, archived->id);
  EXPECT_EQ(layout->names, (std::vector<std::string>{"example.org/demo:7", "docker.io/library/from-folder:latest"}));
}

TEST_F(ImageStoreTest, RemovingTheLastNameRemovesTheImageWithItsLayersUnlessTheyAreInUse) {
  auto image = fetcher->import(folder / "demo.tar", "");
  ASSERT_TRUE(image);
  ASSERT_TRUE(store->addNames(image->id, {"docker.io/library/second:1"}));
  ASSERT_TRUE(store->remove("cleat-demo:1"));
  EXPECT_TRUE(store->find("second:1"));
  ASSERT_TRUE(store->use("second:1"));
  ASSERT_TRUE(store->remove("second:1"));
  EXPECT_TRUE(store->list().empty());
  EXPECT_EQ(count("layers"), 1u);
  EXPECT_EQ(count("blobs/sha256"), 0u);
  store->release(image->layers);
  store->collect();
  EXPECT_EQ(count("layers"), 0u);
  EXPECT_TRUE(store->remove("second:1")) << "what is not there is removed";
}

TEST_F(ImageStoreTest, WhatACrashLeavesBehindIsRepaired) {
  auto image = fetcher->import(folder / "demo.tar", "");
  ASSERT_TRUE(image);
  std::string layer = store->layersFolder() + "/" + image->layers[0];
  ASSERT_TRUE(makeFolders(folder / "images/tmp/layer-half/etc"));
  ASSERT_TRUE(removeTree(layer));
  EXPECT_TRUE(reopen().empty());
  EXPECT_EQ(count("tmp"), 0u);
  EXPECT_TRUE(readFile(layer + "/etc/passwd")) << "unpacked again from its blob";
  ASSERT_TRUE(removeTree(layer));
  ASSERT_TRUE(removeTree(folder / "images/blobs"));
  EXPECT_EQ(reopen().size(), 1u);
  EXPECT_TRUE(store->list().empty());
  ASSERT_TRUE(fetcher->import(folder / "demo.tar", "")) << "and can be imported again";
}

TEST_F(ImageStoreTest, ALayerWhoseContentIsNotWhatItsNameSaysIsRefused) {
  ASSERT_TRUE(fetcher->import(folder / "demo.tar", ""));
  auto image = store->list()[0];
  ASSERT_TRUE(removeTree(store->layersFolder() + "/" + image.layers[0]));
  auto blobs = listFolder(store->blobsFolder() + "/sha256");
  for (const std::string& name : *blobs) {
    std::string path = store->blobsFolder() + "/sha256/" + name;
    std::string blob = *readFile(path);
    if (blob.size() < 10000) continue;
    ASSERT_TRUE(removeTree(folder / "x"));
    ASSERT_TRUE(makeFolders(folder / "x"));
    auto output = run(Command{.argv = {"/bin/tar", "-C", folder / "x", "-czf", path, "."}});
    ASSERT_TRUE(output && output->succeeded());
  }
  auto problems = reopen();
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].find("it is damaged"), std::string::npos) << problems[0];
}

TEST_F(ImageStoreTest, ARegistryThatIsNotThereIsSaidSo) {
  auto image = fetcher->pull("127.0.0.1:1/none:1", {});
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, 503) << image.error().message;
  EXPECT_NE(image.error().message.find("failed to pull image \"127.0.0.1:1/none:1\""), std::string::npos);
  EXPECT_NE(image.error().message.find("connection refused"), std::string::npos) << image.error().message;
  EXPECT_EQ(fetcher->pull("UPPER", {}).error().code, 400);
}

TEST_F(ImageStoreTest, AnArchiveThatIsNotOneIsNamed) {
  EXPECT_EQ(fetcher->import(folder / "none.tar", "").error().code, 404);
  auto output = run(Command{.argv = {"/bin/tar", "-C", folder.path(), "-cf", folder / "plain.tar", "demo.tar"}});
  auto image = fetcher->import(folder / "plain.tar", "");
  ASSERT_FALSE(image);
  EXPECT_NE(image.error().message.find("is neither an OCI nor a Docker archive"), std::string::npos);
}

TEST(PullableReferenceTest, IsTheDigestOfTheRegistryThatWasAsked) {
  Image image;
  image.id = "sha256:" + std::string(64, 'c');
  EXPECT_EQ(pullableReference(image, "web:1"), image.id) << "an import came from no registry";
  const std::string digest = "@sha256:" + std::string(64, 'd');
  image.digests = {"docker.io/library/web" + digest, "mirror.example/web" + digest};
  EXPECT_EQ(pullableReference(image, "web:1"), image.digests[0]);
  EXPECT_EQ(pullableReference(image, "mirror.example/web:2"), image.digests[1]);
  EXPECT_EQ(pullableReference(image, image.id), image.digests[0]);
}

TEST(FetchErrorTest, SkopeosWordsBecomeCodes) {
  auto error = fetchError("a",
                          "time=\"2026\" level=fatal msg=\"Error parsing image name \\\"docker://a\\\": reading "
                          "manifest latest in docker.io/a: manifest unknown: manifest unknown\"\n");
  EXPECT_EQ(error.code, 404);
  EXPECT_EQ(
      error.message,
      "failed to pull image \"a\": Error parsing image name \"docker://a\": reading manifest latest in docker.io/a: "
      "manifest unknown: manifest unknown");
  EXPECT_EQ(fetchError("a", "level=fatal msg=\"requested access to the resource is denied\"").code, 403);
}

}  // namespace
}  // namespace cleat::runtime
