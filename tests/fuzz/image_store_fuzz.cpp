// What an image says of itself: a line each for the index, the manifest and the configuration, as a registry gives
// them.
#include <cleat/sdk/file.h>

#include "plugins/runtime-oci/images/image_store.h"
#include "tests/fuzz/fuzz.h"

namespace {

const std::string& folder() {
  static const std::string made = [] {
    char name[] = "/tmp/cleat-fuzz-images-XXXXXX";
    cleat::fuzz::require(mkdtemp(name) != nullptr, "no temporary folder", "");
    return std::string(name);
  }();
  static const bool registered = std::atexit([] { (void)cleat::removeTree(folder()); }) == 0;
  (void)registered;
  return made;
}

void write(const std::string& path, std::string_view content) {
  cleat::fuzz::require(cleat::writeFile(path, content).has_value(), "cannot write", path);
}

}  // namespace

// In the corpus the manifest's digest is all "a", the configuration's all "b"; the layer's blob, all "c", is no
// archive.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  std::vector<std::string_view> lines = fuzz::linesOf(input, 3);
  std::string blobs = folder() + "/blobs/sha256/";
  fuzz::require(makeFolders(blobs) && makeFolders(folder() + "/layout"), "no folders", "");
  write(folder() + "/layout/index.json", lines[0]);
  write(folder() + "/index.json", lines[0]);
  write(blobs + std::string(64, 'a'), lines[1]);
  write(blobs + std::string(64, 'b'), lines[2]);
  write(blobs + std::string(64, 'c'), "");
  runtime::ImageStore store(folder());
  fuzz::require(store.open().has_value(), "what an index says keeps the store from opening", input);
  (void)store.adopt(folder() + "/layout", {"docker.io/library/a:1"});
  for (const runtime::Image& image : store.list()) {
    fuzz::require(store.find(image.id).has_value(), "an image is not found by its id", input);
    for (const std::string& layer : image.layers)
      fuzz::require(layer.find('/') == std::string::npos, "a layer leads out of its folder", input);
  }
  store.collect();
  return 0;
}
