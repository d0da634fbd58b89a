// Expressions: whatever is written is answered, within the limits, and what is an expression comes to the same twice.
#include <cleat/cel/authorizer.h>
#include <cleat/cel/environment.h>

#include "tests/fuzz/fuzz.h"

namespace cleat::fuzz {
namespace {

cel::Value sample() {
  cel::MapBuilder inner, labels;
  (void)labels.add(cel::Value::text("app"), cel::Value::text("web"));
  (void)inner.add(cel::Value::text("n"), cel::Value::integer(3));
  (void)inner.add(cel::Value::text("d"), cel::Value::floating(0.5));
  (void)inner.add(cel::Value::text("s"), cel::Value::text("hällo"));
  (void)inner.add(cel::Value::text("labels"), std::move(labels).finish());
  (void)inner.add(cel::Value::text("list"),
                  cel::Value::list({cel::Value::integer(1), cel::Value::text("a"), cel::Value::null()}));
  return std::move(inner).finish();
}

cel::Environment environment(bool check) {
  cel::Environment made(cel::kubernetesFunctions());
  made.declare("self", cel::types::dyn());
  made.declare("name", cel::types::withMaxSize(cel::types::text(), 10));
  made.checking().check = check;
  made.parsing().maxCharacters = 4096;
  return made;
}

void evaluate(std::string_view input, bool check) {
  const cel::Compiled compiled = environment(check).compile(input);
  if (!compiled.program) return require(!compiled.message.empty(), "a refusal says nothing", input);
  if (check) (void)compiled.program->estimate();
  const std::array<cel::Value, 2> values{sample(), cel::Value::text("name")};
  const cel::Evaluated first = compiled.program->evaluate(values, {.cost = 20'000});
  const cel::Evaluated again = compiled.program->evaluate(values, {.cost = 20'000});
  require(first.cost == again.cost, "what an expression costs is not always the same", input);
  require(first.value.kind() == again.value.kind(), "an expression comes to different things", input);
  require(!first.value.isAbsent(), "an expression comes to nothing", input);
  (void)cel::shown(first.value);
}

}  // namespace
}  // namespace cleat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input = cleat::fuzz::textOf(data, size);
  cleat::fuzz::evaluate(input, true);
  cleat::fuzz::evaluate(input, false);
  return 0;
}
