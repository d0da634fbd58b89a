// A stranger's layer, unpacked as root: whatever is in it, nothing outside of the folder changes. Needs root.
#include <cleat/sdk/file.h>
#include <sys/stat.h>

#include "plugins/runtime-oci/containers/users.h"
#include "plugins/runtime-oci/images/archive_reader.h"
#include "plugins/runtime-oci/images/layer_writer.h"
#include "tests/fuzz/fuzz.h"

namespace {

// FOLDER/guard is what a layer would like to reach, FOLDER/root is its own.
const std::string& folder() {
  static const std::string made = [] {
    char name[] = "/tmp/cleat-fuzz-layer-XXXXXX";
    cleat::fuzz::require(mkdtemp(name) != nullptr, "no temporary folder", "");
    return std::string(name);
  }();
  static const bool registered = std::atexit([] { (void)cleat::removeTree(folder()); }) == 0;
  (void)registered;
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  if (geteuid() != 0) return 0;
  std::string_view input = fuzz::textOf(data, size);
  const std::string root = folder() + "/root", guard = folder() + "/guard";
  fuzz::require(makeFolders(root) && writeFile(guard, "guarded"), "no folder to unpack into", "");
  fuzz::MemoryFile layer(input);
  const runtime::LayerLimits limits{.bytes = 1u << 20, .ratio = 50, .ratioFloorBytes = 256u << 10, .entries = 1000};
  Result<runtime::UnpackedLayer> unpacked = runtime::unpackLayer(layer.path(), root, limits);
  fuzz::require(!unpacked || unpacked->packedDigest == runtime::digestOf(input), "the digest is of something else",
                input);
  fuzz::require(!unpacked || unpacked->unpackedBytes <= limits.bytes, "a layer has more bytes than it may", input);
  for (const char* user : {"web", "1000:staff", ""}) (void)runtime::resolveUser(root, {.imageUser = user});
  Result<std::string> kept = readFile(guard);
  fuzz::require(kept && *kept == "guarded", "a layer has changed what is not its own", input);
  Result<std::vector<std::string>> names = listFolder(folder());
  fuzz::require(names && *names == std::vector<std::string>{"guard", "root"}, "a layer has put files beside its folder",
                input);
  fuzz::require(removeTree(root).has_value(), "what a layer has made cannot be removed", input);
  return 0;
}
