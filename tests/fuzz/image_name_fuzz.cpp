// Names of images: what the runtime takes for one is one for the agent too, and a name in full is read as itself.
#include <optional>

#include "plugins/agent/images/image_name.h"
#include "plugins/runtime-oci/images/image_name.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  (void)runtime::digestHex(input);
  std::optional<agent::ImageName> seen = agent::parseImageName(input);
  if (seen) (void)agent::defaultPullPolicy(*seen);
  Result<runtime::ImageName> name = runtime::parseImageName(input);
  if (!name) return 0;
  fuzz::require(seen && name->tag == seen->tag && name->digest == seen->digest,
                "runtime and agent read an image's name differently", input);
  Result<runtime::ImageName> again = runtime::parseImageName(name->full());
  fuzz::require(again && again->full() == name->full(), "a name in full is another name", input);
  return 0;
}
