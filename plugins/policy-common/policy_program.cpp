#include "policy-common/policy_program.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "policy-common/patch_types.h"
#include "policy-common/request_values.h"

namespace cleat::policy {

namespace {

// A name stands in an expression as it is.
bool names(std::string_view expression, std::string_view name) {
  return expression.find(name) != std::string_view::npos;
}

constexpr size_t kVariables = 4;  // their place among PolicyRun's inputs
constexpr uint64_t kMostPerCall = 1'000'000, kMostPerPolicy = 10'000'000;

// With the full names of types that CEL's own messages shorten: "list(null_type)", "google.protobuf.Timestamp".
std::string fullName(const cel::Type& type) {
  const std::string parts = joined(type.parameters, ", ", [](const cel::TypeRef& part) { return fullName(*part); });
  return parts.empty() ? type.name : concat(type.name, "(", parts, ")");
}

// Of what variables are, upstream keeps plain values, lists and maps: all else may be anything when they are spoken of.
cel::TypeRef typeOfVariable(const cel::TypeRef& type) {
  switch (type->kind) {
    case cel::TypeKind::null:
    case cel::TypeKind::boolean:
    case cel::TypeKind::integer:
    case cel::TypeKind::unsignedInteger:
    case cel::TypeKind::floating:
    case cel::TypeKind::text:
    case cel::TypeKind::bytes:
    case cel::TypeKind::duration:
    case cel::TypeKind::timestamp: return type;
    case cel::TypeKind::list: return cel::types::list(typeOfVariable(type->parameters[0]));
    case cel::TypeKind::map:
      return cel::types::map(typeOfVariable(type->parameters[0]), typeOfVariable(type->parameters[1]));
    default: return cel::types::dyn();
  }
}

}  // namespace

class PolicyCompiler::Variables : public cel::ObjectSchema {
 public:
  std::optional<Field> field(std::string_view name) const override {
    auto found = types_.find(name);
    if (found == types_.end()) return std::nullopt;
    return Field{found->second, found->first};
  }
  void add(const std::string& name, cel::TypeRef type) { types_[name] = std::move(type); }

 private:
  std::map<std::string, cel::TypeRef, std::less<>> types_;
};

PolicyCompiler::PolicyCompiler(Options options)
    : options_(std::move(options)), variables_(std::make_shared<Variables>()) {}

// In the order of PolicyRun's inputs.
cel::Environment PolicyCompiler::environment(Scope scope) const {
  cel::Environment environment(options_.mutates ? mutationFunctions() : cel::kubernetesFunctions());
  if (options_.mutates) environment.setObjectTypes(patchTypes());
  environment.declare("object", options_.object);
  environment.declare("oldObject", options_.object);
  environment.declare("request", requestType());
  environment.declare("namespaceObject", namespaceType());
  environment.declare("variables", cel::types::object("kubernetes.variables", variables_));
  const bool authorizes = scope == Scope::all;
  // What may not be spoken of keeps its place under a name that nobody can write.
  environment.declare(options_.hasParams ? "params" : "-", options_.params);
  environment.declare(authorizes ? "authorizer" : "-", cel::types::authorizer());
  environment.declare(authorizes ? "authorizer.requestResource" : "-", cel::types::resourceCheck());
  environment.checking().oneElementType = true;
  return environment;
}

PolicyProgram PolicyCompiler::compile(std::string_view expression, ResultTypes result, Scope scope) {
  PolicyProgram made{str(expression), nullptr, {}};
  spoken_.authorizer = spoken_.authorizer || names(expression, "authorizer");
  spoken_.request = spoken_.request || names(expression, "request");
  spoken_.namespaceObject = spoken_.namespaceObject || names(expression, "namespaceObject");
  spoken_.variables = spoken_.variables || names(expression, "variables");
  cel::Compiled compiled = environment(scope).compile(expression);
  if (!compiled.program) {
    made.error = concat("compilation failed: ", compiled.message);
    return made;
  }
  const cel::TypeRef type = compiled.program->type();
  const cel::TypeKind kind = type->kind;
  const bool isPatch = kind == cel::TypeKind::list && type->parameters[0]->name == kJsonPatchType;
  const bool isText = kind == cel::TypeKind::text, isNull = kind == cel::TypeKind::null;
  const char* wanted = nullptr;
  if (result == ResultTypes::boolean && kind != cel::TypeKind::boolean) {
    wanted = "bool";
  } else if (result == ResultTypes::text && !isText) {
    wanted = "string";
  } else if (result == ResultTypes::textOrNull && !isText && !isNull) {
    wanted = "one of [string null_type]";
  } else if (result == ResultTypes::applyConfiguration && type->name != kObjectType) {
    wanted = "Object";
  } else if (result == ResultTypes::jsonPatch && !isPatch) {
    wanted = "list(JSONPatch)";
  }
  if (wanted != nullptr) {
    made.error = concat("must evaluate to ", wanted, " but got ", fullName(*type));
  } else if (!compiled.program->fault().empty()) {
    made.error = concat("program instantiation failed: ", compiled.program->fault());
    made.isInternal = true;
  } else {
    made.program = std::move(compiled.program);
  }
  return made;
}

PolicyProgram PolicyCompiler::variable(const std::string& name, std::string_view expression) {
  PolicyProgram made = compile(expression, ResultTypes::any);
  // One that is wrong is told once, not wherever it is spoken of.
  variables_->add(name, made.program ? typeOfVariable(made.program->type()) : cel::types::dyn());
  return made;
}

// Each is worked out when somebody asks for it, once.
class PolicyRun::LazyVariables : public cel::MapValue {
 public:
  explicit LazyVariables(PolicyRun& run) : run_(run) {}
  size_t size() const override { return run_.variables_.size(); }
  cel::Value find(const cel::Value& key) const override {
    return key.is(cel::ValueKind::text) ? field(key.asText()) : cel::Value();
  }
  cel::Value field(std::string_view name) const override {
    // The last one of a name counts.
    for (size_t i = run_.variables_.size(); i-- > 0;) {
      if (run_.variables_[i].name == name) return valueAt(i);
    }
    return {};
  }
  cel::Value keyAt(size_t index) const override { return cel::Value::text(run_.variables_[index].name); }
  cel::Value valueAt(size_t index) const override {
    auto [known, isNew] = run_.known_.try_emplace(index, cel::Value::error("variable refers to itself"));
    if (!isNew) return known->second;
    cel::Value value = run_.value(run_.variables_[index].program);
    if (value.isError()) {
      value = cel::Value::error(
          concat("composited variable \"", run_.variables_[index].name, "\" fails to evaluate: ", value.message()));
    }
    run_.known_[index] = value;
    return value;
  }

 private:
  PolicyRun& run_;
};

PolicyRun::PolicyRun(const std::vector<PolicyVariable>& variables, Inputs inputs, bool hasVariables)
    : variables_(variables), inputs_{std::move(inputs.object),     std::move(inputs.oldObject),
                                     std::move(inputs.request),    std::move(inputs.namespaceObject),
                                     cel::Value::null(),           std::move(inputs.params),
                                     std::move(inputs.authorizer), std::move(inputs.resourceCheck)},
      budget_(kMostPerPolicy) {
  if (!hasVariables) return;
  inputs_[kVariables] = cel::Value::map(cel::SharedRef<const cel::MapValue>(cel::makeShared<LazyVariables>(*this)));
}

PolicyRun::~PolicyRun() = default;

cel::Value PolicyRun::value(const PolicyProgram& program) {
  if (!program.program) return cel::Value::error(program.error);
  if (budget_ == 0) return cel::Value::error("running out of cost budget");
  const cel::Evaluated evaluated = program.program->evaluate(inputs_, {.cost = std::min(kMostPerCall, budget_)});
  budget_ -= std::min(budget_, evaluated.cost);
  return evaluated.value;
}

cel::Value PolicyRun::evaluate(const PolicyProgram& program) {
  if (!program.program) return cel::Value::error(concat("compilation error: ", program.error));
  cel::Value result = value(program);
  if (budget_ == 0) {
    return cel::Value::error(
        "validation failed due to running out of cost budget, no further validation rules will be run");
  }
  if (!result.isError()) return result;
  return cel::Value::error(concat("expression '", program.expression, "' resulted in error: ", result.message()));
}

}  // namespace cleat::policy
