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

void declareVariables(capnp::List<v1::Variable>::Reader variables, const Path& path, PolicyCompiler& compiler,
                      Findings& findings) {
  for (uint32_t i = 0; i < variables.size(); ++i) {
    const PolicyProgram program =
        compiler.variable(str(view(variables[i].getName())), view(variables[i].getExpression()));
    tell(program, (path / "variables")[i] / "expression", findings);
  }
}

}  // namespace

void checkCondition(std::string_view expression, bool hasParams, const Path& path, Findings& findings) {
  PolicyCompiler compiler({.hasParams = hasParams});
  tell(compiler.compile(expression, ResultTypes::boolean), path, findings);
}

void checkExpressions(v1::ValidatingAdmissionPolicySpec::Reader spec, const Path& path, Findings& findings) {
  PolicyCompiler compiler({.hasParams = spec.hasParamKind()});
  declareVariables(spec.getVariables(), path, compiler, findings);
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

void checkExpressions(v1::MutatingAdmissionPolicySpec::Reader spec, const Path& path, Findings& findings) {
  PolicyCompiler compiler({.hasParams = spec.hasParamKind(), .mutates = true});
  declareVariables(spec.getVariables(), path, compiler, findings);
  auto mutations = spec.getMutations();
  for (uint32_t i = 0; i < mutations.size(); ++i) {
    const Path at = (path / "mutations")[i];
    if (view(mutations[i].getPatchType()) == "ApplyConfiguration") {
      tell(
          compiler.compile(view(mutations[i].getApplyConfiguration().getExpression()), ResultTypes::applyConfiguration),
          at / "applyConfiguration" / "expression", findings);
    } else {
      tell(compiler.compile(view(mutations[i].getJsonPatch().getExpression()), ResultTypes::jsonPatch),
           at / "jsonPatch" / "expression", findings);
    }
  }
}

}  // namespace cleat::kinds::admissionregistration
