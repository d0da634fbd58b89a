// What does not compile is refused where it is written, in the words of the compiler.
#include "kinds-admissionregistration/registration_kinds.h"
#include "policy-common/policy_program.h"

namespace cleat::kinds::admissionregistration {

namespace {

using policy::PolicyCompiler;
using policy::PolicyProgram;
using policy::ResultTypes;

void tell(const PolicyProgram& program, const Path& path, Findings& findings) {
  if (!program.program) findings.invalid(path, program.expression, program.error);
}

}  // namespace

void checkCondition(std::string_view expression, bool hasParams, const Path& path, Findings& findings) {
  const PolicyCompiler compiler({.hasParams = hasParams});
  tell(compiler.compile(expression, ResultTypes::boolean), path, findings);
}

void checkExpressions(v1::ValidatingAdmissionPolicySpec::Reader spec, const Path& path, Findings& findings) {
  PolicyCompiler compiler({.hasParams = spec.hasParamKind()});
  auto variables = spec.getVariables();
  for (uint32_t i = 0; i < variables.size(); ++i) {
    const PolicyProgram program =
        compiler.variable(str(view(variables[i].getName())), view(variables[i].getExpression()));
    tell(program, (path / "variables")[i] / "expression", findings);
  }
  auto validations = spec.getValidations();
  for (uint32_t i = 0; i < validations.size(); ++i) {
    const Path at = (path / "validations")[i];
    tell(compiler.compile(view(validations[i].getExpression()), ResultTypes::boolean), at / "expression", findings);
    if (validations[i].getMessageExpression().size() == 0) continue;
    tell(compiler.compile(view(validations[i].getMessageExpression()), ResultTypes::text,
                          policy::Scope::withoutAuthorizer),
         at / "messageExpression", findings);
  }
  auto annotations = spec.getAuditAnnotations();
  for (uint32_t i = 0; i < annotations.size(); ++i) {
    tell(compiler.compile(view(annotations[i].getValueExpression()), ResultTypes::textOrNull),
         (path / "auditAnnotations")[i] / "valueExpression", findings);
  }
}

}  // namespace cleat::kinds::admissionregistration
