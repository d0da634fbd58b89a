// Label and field selectors: what was understood says the same when it is written out and read again.
#include "core/object/field_selector.h"

#include <cleat/sdk/selector.h>
#include "tests/fuzz/bodies.h"

namespace cleat::fuzz {
namespace {

const object::ObjectRef& pod() {
  static const object::ObjectRef made = [] {
    const object::Kind& kind = test::kind("Pod");
    std::string json = R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"b",)"
                       R"("labels":{"app":"web","n":"7","empty":""}},"spec":{"nodeName":"n"}})";
    return makeRef<const object::Object>(kind, "b", "a", 1, std::move(json));
  }();
  return made;
}

void labels(std::string_view input) {
  Result<LabelSelector> parsed = LabelSelector::parse(input);
  if (!parsed) return;
  bool matches = parsed->matches(pod()->message()->meta().getLabels());
  Result<LabelSelector> again = LabelSelector::parse(parsed->text());
  require(again.has_value(), "a label selector is not understood again", input);
  require(again->text() == parsed->text(), "a label selector's text is not stable", input);
  require(again->matches(pod()->message()->meta().getLabels()) == matches, "a label selector means something else",
          input);
}

void fields(std::string_view input) {
  Result<object::FieldSelector> parsed = object::FieldSelector::parse(pod()->kind(), input);
  if (!parsed) return;
  bool matches = parsed->matches(*pod());
  (void)parsed->exactName();
  Result<object::FieldSelector> again = object::FieldSelector::parse(pod()->kind(), parsed->text());
  require(again.has_value(), "a field selector is not understood again", input);
  require(again->text() == parsed->text(), "a field selector's text is not stable", input);
  require(again->matches(*pod()) == matches, "a field selector means something else", input);
}

}  // namespace
}  // namespace cleat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input = cleat::fuzz::textOf(data, size);
  cleat::fuzz::labels(input);
  cleat::fuzz::fields(input);
  return 0;
}
