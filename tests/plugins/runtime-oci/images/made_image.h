// Images made by hand in a store's folder, as skopeo would leave them there: for what no tool would make.
#pragma once

#include "plugins/runtime-oci/images/archive_reader.h"
#include "plugins/runtime-oci/images/layer_store.h"
#include "tests/plugins/runtime-oci/images/layer_archive.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>

#include <string>
#include <vector>

namespace cleat::runtime {

class MadeImages {
 public:
  // `store` is the folder of the ImageStore; `work` one for files in between.
  MadeImages(std::string store, std::string work) : store_(std::move(store)), work_(std::move(work)) {
    EXPECT_TRUE(makeFolders(store_ + "/blobs/sha256", 0700));
  }

  Layer layer(const std::vector<Entry>& entries, bool gzip = false) {
    writeTar(work_ + "/made.tar", entries, gzip);
    std::string packed = *readFile(work_ + "/made.tar");
    writeTar(work_ + "/plain.tar", entries, false);
    return {digestOf(*readFile(work_ + "/plain.tar")), blob(packed), packed.size()};
  }

  std::string blob(const std::string& content) {
    std::string digest = digestOf(content);
    EXPECT_TRUE(writeFile(pathOf(digest), content));
    return digest;
  }
  std::string pathOf(const std::string& digest) const { return store_ + "/blobs/sha256/" + digest.substr(7); }

  // The folder of a layout that names the image, for ImageStore::adopt.
  std::string layout(const std::vector<Layer>& layers, const std::string& comment = "") {
    std::string diffIds, described;
    for (const Layer& each : layers) {
      diffIds += concat(diffIds.empty() ? "" : ",", "\"", each.diffId, "\"");
      described +=
          concat(described.empty() ? "" : ",", R"({"digest":")", each.blob, R"(","size":)", each.packedBytes, "}");
    }
    std::string config = concat(R"({"comment":")", comment, R"(","rootfs":{"diff_ids":[)", diffIds, "]}}");
    std::string manifest = concat(R"({"config":{"digest":")", blob(config), R"(","size":)", config.size(),
                                  R"(},"layers":[)", described, "]}");
    std::string folder = concat(work_, "/layout-", ++layouts_);
    EXPECT_TRUE(makeFolders(folder));
    EXPECT_TRUE(writeFile(folder + "/index.json", concat(R"({"manifests":[{"digest":")", blob(manifest), R"("}]})")));
    return folder;
  }

 private:
  std::string store_, work_;
  int layouts_ = 0;
};

}  // namespace cleat::runtime
