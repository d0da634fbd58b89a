#include "admission-validating-policy/validating_policy.h"

#include <cleat/sdk/text.h>

namespace cleat::policy {

namespace {

constexpr size_t kMostMessage = 5 * 1024, kMostAnnotation = 10 * 1024;
constexpr std::string_view kBlank = " \t\n\v\f\r";

std::string withoutBlank(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return str(text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin));
}

// Nothing where the conditions do not hold; a refusal where one of them fails and none says no.
bool conditionsHold(const ValidatingPolicy& policy, PolicyRun& run, std::vector<Refusal>& refusals) {
  std::vector<std::string> errors;
  for (const PolicyProgram& condition : policy.conditions) {
    const cel::Value value = run.evaluate(condition);
    if (value.isError()) {
      errors.push_back(str(value.message()));
    } else if (!value.isTrue()) {
      return false;
    }
  }
  if (errors.empty()) return true;
  if (policy.failsOpen) return false;
  std::string message = errors[0];
  if (errors.size() > 1) {
    for (size_t i = 1; i < errors.size(); ++i) message += ", " + errors[i];
    message = "[" + message + "]";
  }
  refusals.push_back({"", std::move(message)});
  return false;
}

std::string messageOf(const ValidatingPolicy::Validation& validation, PolicyRun& run) {
  if (!validation.message.expression.empty()) {
    const cel::Value value = run.evaluate(validation.message);
    std::string message = value.is(cel::ValueKind::text) ? withoutBlank(value.asText()) : std::string();
    const bool usable = !message.empty() && message.size() <= kMostMessage && message.find('\n') == std::string::npos;
    if (usable) return message;
  }
  if (!validation.plainMessage.empty()) return validation.plainMessage;
  return concat("failed expression: ", withoutBlank(validation.program.expression));
}

// That they fail counts, whether there is an audit log or not.
void annotate(const ValidatingPolicy& policy, PolicyRun& run, std::vector<Refusal>& refusals, PolicyAnnotations* said) {
  for (const ValidatingPolicy::Annotation& annotation : policy.annotations) {
    const cel::Value value = run.evaluate(annotation.program);
    if (value.isError()) {
      if (!policy.failsOpen) refusals.push_back({"", str(value.message()), true});
    } else if (!value.is(cel::ValueKind::text) && !value.is(cel::ValueKind::null)) {
      refusals.push_back({"",
                          concat("valueExpression '", annotation.program.expression,
                                 "' resulted in unsupported return type: ", cel::typeOf(value)->name,
                                 ". Return type must be either string or null."),
                          true});
    } else if (said != nullptr && value.is(cel::ValueKind::text)) {
      std::string text = withoutBlank(value.asText()).substr(0, kMostAnnotation);
      if (!text.empty()) said->emplace_back(annotation.key, std::move(text));
    }
  }
}

}  // namespace

std::shared_ptr<const ValidatingPolicy> ValidatingPolicy::compile(
    admissionregistration_v1::ValidatingAdmissionPolicy::Reader policy) {
  auto spec = policy.getSpec();
  auto made = std::make_shared<ValidatingPolicy>();
  made->name = str(view(policy.getMetadata().getName()));
  made->failsOpen = view(spec.getFailurePolicy()) == "Ignore";
  made->hasParams = spec.hasParamKind();
  PolicyCompiler compiler({.hasParams = made->hasParams});
  // Conditions are looked at before there are variables.
  for (auto condition : spec.getMatchConditions()) {
    made->conditions.push_back(compiler.compile(view(condition.getExpression()), ResultTypes::boolean));
  }
  for (auto variable : spec.getVariables()) {
    const std::string name = str(view(variable.getName()));
    made->variables.push_back({name, compiler.variable(name, view(variable.getExpression()))});
  }
  for (auto validation : spec.getValidations()) {
    Validation each;
    each.program = compiler.compile(view(validation.getExpression()), ResultTypes::boolean);
    if (validation.getMessageExpression().size() > 0) {
      each.message =
          compiler.compile(view(validation.getMessageExpression()), ResultTypes::text, Scope::withoutAuthorizer);
    }
    each.plainMessage = withoutBlank(view(validation.getMessage()));
    each.reason = str(view(validation.getReason()));
    made->validations.push_back(std::move(each));
  }
  for (auto annotation : spec.getAuditAnnotations()) {
    made->annotations.push_back({str(view(annotation.getKey())),
                                 compiler.compile(view(annotation.getValueExpression()), ResultTypes::textOrNull)});
  }
  made->spoken = compiler.spoken();
  return made;
}

std::vector<Refusal> judge(const ValidatingPolicy& policy, PolicyRun::Inputs inputs, PolicyAnnotations* said) {
  std::vector<Refusal> refusals;
  PolicyRun run(policy.variables, std::move(inputs), policy.spoken.variables);
  if (!conditionsHold(policy, run, refusals)) return refusals;
  for (size_t i = 0; i < policy.validations.size(); ++i) {
    const ValidatingPolicy::Validation& validation = policy.validations[i];
    const cel::Value value = run.evaluate(validation.program);
    if (value.isError()) {
      if (!policy.failsOpen) refusals.push_back({"", str(value.message()), false, i});
    } else if (!value.isTrue()) {
      refusals.push_back({validation.reason, messageOf(validation, run), false, i});
    }
  }
  annotate(policy, run, refusals, said);
  return refusals;
}

}  // namespace cleat::policy
