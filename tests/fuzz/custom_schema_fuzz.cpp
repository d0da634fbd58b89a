// Schemas of custom kinds, objects by them, and JSON paths in those. The input's lines are a schema, an object, what it
// was before, and a path. What has not changed is never wrong; what the check lets pass compiles; a second look finds
// the same.
#include "kinds-apiextensions/schema/json_path.h"
#include "kinds-apiextensions/schema/validate.h"
#include "tests/fuzz/fuzz.h"
#include "tests/plugins/kinds-apiextensions/schema/schema_text.h"

namespace cleat::kinds::extensions {
namespace {

void validate(const CompiledSchema& schema, JsonView json, JsonView old, std::string_view input) {
  test::TestObject object(json), before(old);
  Findings created, again, updated, unchanged, status;
  validateObject(schema, object.get(), created);
  validateObject(schema, object.get(), again);
  fuzz::require(created.causes() == again.causes(), "the second look finds something else", input);
  validateUpdate(schema, object.get(), before.get(), updated);
  validateStatusUpdate(schema, object.get(), before.get(), status);
  validateUpdate(schema, object.get(), object.get(), unchanged);
  for (const StatusCause& cause : unchanged.causes()) {
    // Embedded objects are looked at in any case.
    bool embedded = cause.field.find("metadata") != std::string::npos || cause.field.ends_with("kind") ||
                    cause.field.ends_with("apiVersion");
    fuzz::require(embedded || cause.field == "<nil>", "what has not changed is wrong", input);
  }
}

void run(std::string_view input) {
  auto lines = fuzz::linesOf(input, 4);
  auto schemaJson = JsonTree::parse(lines[0]), object = JsonTree::parse(lines[1]), old = JsonTree::parse(lines[2]);
  if (!schemaJson || !object) return;
  auto draft = test::readSchema(schemaJson->view());
  if (!draft) return;
  Findings findings;
  auto checked = compileSchema(draft->reader(), Path("schema"), {}, findings);
  fuzz::require((checked != nullptr) == findings.empty(), "neither a schema nor what is wrong with it", input);
  auto compiled = compileChecked(draft->reader());
  fuzz::require(checked == nullptr || compiled != nullptr, "what was checked does not compile", input);
  if (compiled != nullptr) validate(*compiled, object->view(), old ? old->view() : JsonView(), input);
  Result<JsonPath> path = JsonPath::compile(lines[3]);
  if (!path) return;
  test::TestObject target(object->view());
  for (const char* type : {"string", "integer", "number", "boolean", "date"}) {
    (void)columnCell(*path, type, target.get(), WallTime());  // that it ends is all that counts
  }
}

}  // namespace
}  // namespace cleat::kinds::extensions

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cleat::kinds::extensions::run(cleat::fuzz::textOf(data, size));
  return 0;
}
