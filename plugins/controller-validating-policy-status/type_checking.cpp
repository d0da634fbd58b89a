#include "type_checking.h"

#include <cleat/sdk/text.h>

#include "policy-common/policy_program.h"

namespace cleat::policy {

namespace {

constexpr std::string_view kFailed = "compilation failed: ";

// The compiler's words alone.
std::string_view wordsOf(const PolicyProgram& program) {
  std::string_view words = program.error;
  if (words.starts_with(kFailed)) words.remove_prefix(kFailed.size());
  return words;
}

std::string shownKind(const CheckedKind& kind) {
  return concat(kind.group, kind.group.empty() ? "" : "/", kind.version, ", Kind=", kind.kind);
}

}  // namespace

std::vector<ExpressionWarning> checkTypesOf(admissionregistration_v1::ValidatingAdmissionPolicySpec::Reader spec,
                                            const std::vector<CheckedKind>& kinds, const cel::TypeRef& params) {
  auto validations = spec.getValidations();
  std::vector<std::string> expressions(validations.size()), messages(validations.size());
  const auto note = [](std::string& to, const CheckedKind& kind, const PolicyProgram& program) {
    // Each ends its line, and an empty one is between two, as Kubernetes has them.
    if (!program.program) to += concat(to.empty() ? "" : "\n", shownKind(kind), ": ", wordsOf(program), "\n");
  };
  for (const CheckedKind& kind : kinds) {
    PolicyCompiler compiler({.hasParams = spec.hasParamKind(), .object = kind.type, .params = params});
    for (auto variable : spec.getVariables()) {
      (void)compiler.variable(str(view(variable.getName())), view(variable.getExpression()));
    }
    for (uint32_t i = 0; i < validations.size(); ++i) {
      note(expressions[i], kind, compiler.compile(view(validations[i].getExpression()), ResultTypes::any));
      const std::string_view message = view(validations[i].getMessageExpression());
      if (!message.empty()) note(messages[i], kind, compiler.compile(message, ResultTypes::any));
    }
  }
  std::vector<ExpressionWarning> warnings;
  for (uint32_t i = 0; i < validations.size(); ++i) {
    const std::string at = concat("spec.validations[", i, "].");
    if (!expressions[i].empty()) warnings.push_back({at + "expression", expressions[i]});
    if (!messages[i].empty()) warnings.push_back({at + "messageExpression", messages[i]});
  }
  return warnings;
}

}  // namespace cleat::policy
