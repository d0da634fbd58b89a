// Names of images: a name in full is read as itself, and so is the way it is listed.
#include "image-common/image_name.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  (void)digestHex(input);
  Result<ImageName> name = parseImageName(input);
  if (!name) return 0;
  (void)defaultPullPolicy(*name);
  Result<ImageName> again = parseImageName(name->full());
  fuzz::require(again && again->full() == name->full(), "a name in full is another name", input);
  Result<ImageName> listed = parseImageName(name->listed());
  fuzz::require(listed && listed->path() == name->path(), "a name as it is listed is another name", input);
  return 0;
}
