#include "kinds-apiextensions/schema/validate.h"

#include "kinds-apiextensions/schema/rule_validator.h"
#include "kinds-apiextensions/schema/validator.h"

namespace cleat::kinds::extensions {

namespace {

// The rules in CEL, unless they would stumble over what is wrong already.
void checkRules(const CompiledSchema& schema, const Validated& object, const Validated* old, const Causes& wrong,
                Findings& findings) {
  if (schema.celRules() == nullptr) return;
  if (wrong.hasBlocking()) {
    findings.add({"FieldValueInvalid",
                  "Invalid value: null: some validation rules were not checked because the object was invalid; correct "
                  "the existing errors to complete validation",
                  "<nil>"});
    return;
  }
  Causes causes;
  std::vector<std::string> warnings;
  RuleValidator(schema, causes, warnings).run(*schema.celRules(), object, old);
  for (StatusCause& cause : std::move(causes).take()) findings.add(std::move(cause));
  for (std::string& warning : warnings) findings.warn(std::move(warning));
}

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
  const Causes wrong = causes;
  report(std::move(causes), validator, findings);
  checkRules(schema, &root, nullptr, wrong, findings);
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
  const Causes wrong = causes;
  report(std::move(causes), validator, findings);
  checkRules(schema, &root, &oldValue, wrong, findings);
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
  const Causes wrong = causes;
  report(std::move(causes), validator, findings);
  const Validated whole(&oldRoot);
  checkRules(schema, &root, &whole, wrong, findings);
}

}  // namespace cleat::kinds::extensions
