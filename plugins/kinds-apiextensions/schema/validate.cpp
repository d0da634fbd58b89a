#include "kinds-apiextensions/schema/validate.h"

#include "kinds-apiextensions/schema/validator.h"

namespace cleat::kinds::extensions {

namespace {

void report(Causes causes, const Validator& validator, Findings& findings) {
  if (validator.gaveUp()) {
    return findings.forbidden(Path("<nil>"), "validating the object by the schema of its kind takes too many steps");
  }
  for (StatusCause& cause : std::move(causes).take()) findings.add(std::move(cause));
}

// Kubernetes looks at lists of the types set and map only where the old object had nothing twice.
bool hadNothingTwice(const CompiledSchema& schema, const RootObject& old) {
  Causes causes;
  checkListTypes(schema, schema.root(), &old, Trail(), causes);
  return causes.empty();
}

}  // namespace

void validateObject(const CompiledSchema& schema, const CustomObject& object, Findings& findings) {
  const RootObject root(object);
  Causes causes;
  Validator validator(schema);
  validator.run(schema.root(), &root, nullptr, causes);
  checkEmbeddedObjects(schema, schema.root(), &root, Trail(), causes);
  checkListTypes(schema, schema.root(), &root, Trail(), causes);
  report(std::move(causes), validator, findings);
}

void validateUpdate(const CompiledSchema& schema, const CustomObject& object, const CustomObject& old,
                    Findings& findings) {
  const RootObject root(object), oldRoot(old);
  const Validated oldValue(&oldRoot);
  Causes causes;
  Validator validator(schema);
  validator.run(schema.root(), &root, &oldValue, causes);
  checkEmbeddedObjects(schema, schema.root(), &root, Trail(), causes);
  if (hadNothingTwice(schema, oldRoot)) checkListTypes(schema, schema.root(), &root, Trail(), causes);
  report(std::move(causes), validator, findings);
}

void validateStatusUpdate(const CompiledSchema& schema, const CustomObject& object, const CustomObject& old,
                          Findings& findings) {
  const RootObject root(object), oldRoot(old);
  Causes causes("status");
  Validator validator(schema);
  auto status = findMember(root.members, "status"), oldStatus = findMember(oldRoot.members, "status");
  const SchemaNode* node = schema.property(schema.root(), "status");
  if (status && node != nullptr) {
    const Validated oldValue(oldStatus.value_or(JsonView()));
    validator.run(*node, *status, oldStatus ? &oldValue : nullptr, causes);
  }
  if (hadNothingTwice(schema, oldRoot)) checkListTypes(schema, schema.root(), &root, Trail(), causes);
  report(std::move(causes), validator, findings);
}

}  // namespace cleat::kinds::extensions
