// A body of YAML: what it says must also be sayable in JSON.
#include <boost/json/object.hpp>

#include "tests/fuzz/bodies.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  Result<boost::json::value> yaml = object::parseYaml(input, {.maxBytes = 4096});
  if (!yaml) return 0;
  std::string text = object::jsonText(*yaml);
  Result<boost::json::value> json = object::parseJson(text, {.maxBytes = text.size()});
  fuzz::require(json.has_value(), "what YAML said is no JSON", input);
  fuzz::require(object::jsonText(*json) == text, "JSON says something else than YAML", input);
  fuzz::decodeAs(fuzz::kindOf(*yaml), *yaml, input);
  return 0;
}
