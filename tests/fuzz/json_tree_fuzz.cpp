// Trees of JSON: what is read is written as a text that says the same, and the second reading is written as the first.
#include <cleat/sdk/json_tree.h>

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  Result<JsonTree> tree = JsonTree::parse(input);
  if (!tree) return 0;
  std::string text = jsonText(tree->view());
  Result<JsonTree> again = JsonTree::parse(text);
  fuzz::require(again.has_value(), "what was written is not read again", input);
  fuzz::require(sameJson(tree->view(), again->view()), "what was written says something else", input);
  fuzz::require(jsonText(again->view()) == text, "the text is not stable", input);
  return 0;
}
