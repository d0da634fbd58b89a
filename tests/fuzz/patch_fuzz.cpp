// The three patches: a line with the object, and what follows is the patch. What comes out is JSON again and, if it is
// of the kind, a message.
#include "core/object/patch/patch.h"
#include "tests/fuzz/bodies.h"

namespace cleat::fuzz {
namespace {

void check(const object::Kind& kind, const Result<boost::json::value>& patched, std::string_view input) {
  if (!patched) return;
  require(object::isJson(object::jsonText(*patched), 1100), "a patched object is no JSON", input);
  decodeAs(kind, *patched, input);
}

}  // namespace
}  // namespace cleat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  std::vector<std::string_view> lines = fuzz::linesOf(input, 2);
  Result<boost::json::value> target = object::parseJson(lines[0]);
  Result<boost::json::value> patch = object::parseJson(lines[1]);
  if (!target || !patch) return 0;
  const object::Kind& kind = fuzz::kindOf(*target);
  fuzz::check(kind, object::applyStrategicPatch(kind, *target, *patch), input);
  fuzz::check(kind, object::applyJsonPatch(*target, *patch), input);
  Result<boost::json::value> merged = object::applyMergePatch(*target, *patch);
  fuzz::check(kind, merged, input);
  if (merged) {
    Result<boost::json::value> twice = object::applyMergePatch(*merged, *patch);
    fuzz::require(twice && *twice == *merged, "a merge patch does something more the second time", input);
  }
  return 0;
}
