// Sets of owned fields: a line each for two of them, as they stand in metadata.managedFields.
#include <optional>

#include "core/object/apply/field_set.h"
#include "core/object/codec.h"
#include "core/object/json/json_text.h"
#include "tests/fuzz/fuzz.h"

namespace cleat::fuzz {
namespace {

// Others than those of quotes and backslashes: a text with some is not compared without being read.
bool hasEscapes(std::string_view text) {
  for (size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 2)) {
    if (text.substr(at + 1, 1) != "\"" && text.substr(at + 1, 1) != "\\") return true;
  }
  return false;
}

std::optional<object::FieldSet> setOf(std::string_view text, std::string_view input) {
  Result<boost::json::value> json = object::parseJson(text);
  if (!json) return std::nullopt;
  Result<object::FieldSet> set = object::FieldSet::parse(*json);
  if (!set) return std::nullopt;
  require(object::isJson(set->text(), 200), "a field set is no JSON", input);
  Result<object::FieldSet> again = object::FieldSet::parseText(set->text());
  require(again && *again == *set, "a field set is read otherwise than it is written", input);
  const std::string written = set->text();
  Result<object::FieldSet> fromText = object::FieldSet::parseText(written);
  require(fromText && *fromText == *set, "the text of a field set is another one", input);
  require(set->within(written) || hasEscapes(written), "a field set is not within its own text", input);
  return std::move(*set);
}

}  // namespace
}  // namespace cleat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  std::vector<std::string_view> lines = fuzz::linesOf(input, 2);
  std::optional<object::FieldSet> a = fuzz::setOf(lines[0], input), b = fuzz::setOf(lines[1], input);
  if (!a || !b) return 0;
  const std::string text = b->text();
  const bool meet = !a->common(*b).empty(), meetAsText = a->meetsText(text);
  fuzz::require(meet == meetAsText || (meetAsText && fuzz::hasEscapes(text)), "two sets meet otherwise as text", input);
  fuzz::require(a->common(*b) == b->common(*a), "what two sets share depends on their order", input);
  object::FieldSet both = *a;
  both.unite(*b);
  both.tidy();
  fuzz::require(both.common(*a) == *a, "a union lacks something", input);
  object::FieldSet rest = both;
  rest.remove(*b);
  fuzz::require(rest.common(*b).empty(), "something that was removed is still there", input);
  rest.unite(*b);
  fuzz::require(rest == both, "removing has taken too much", input);
  (void)both.paths();
  return 0;
}
