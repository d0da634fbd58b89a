// What an image says of itself: a line each for the index, the manifest and the configuration, as a registry gives
// them.
#include <cleat/sdk/file.h>

#include "plugins/runtime-oci/images/archive_reader.h"
#include "plugins/runtime-oci/images/image_store.h"
#include "plugins/runtime-oci/images/manifest_check.h"
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

// The text with the digests of 64 `digit`s become that of `content`, which is what the blob is called.
std::string named(std::string_view text, char digit, std::string_view content) {
  const std::string placeholder(64, digit), digest = cleat::runtime::digestOf(content).substr(7);
  std::string out(text);
  for (size_t at = out.find(placeholder); at != std::string::npos; at = out.find(placeholder, at + 64))
    out.replace(at, 64, digest);
  write(folder() + "/blobs/sha256/" + digest, content);
  return out;
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
  (void)runtime::largestBlob(std::string(lines[1]), {});
  const std::string manifest = named(named(lines[1], 'b', lines[2]), 'c', "");
  const std::string index = named(lines[0], 'a', manifest);
  write(folder() + "/layout/index.json", index);
  write(folder() + "/index.json", index);
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
