// Expressions in CEL, as policies and webhooks have them.
#include "kinds-admissionregistration/registration_kinds.h"
#include "policy-common/policy_program.h"

namespace cleat::kinds::admissionregistration {

using policy::PolicyCompiler;
using policy::PolicyProgram;
using policy::ResultTypes;

void checkCondition(std::string_view expression, bool hasParams, const Path& path, Findings& findings) {
  PolicyExpressions(true, hasParams, false, findings).check(expression, ResultTypes::boolean, path);
}

PolicyExpressions::PolicyExpressions(bool looks, bool hasParams, bool mutates, Findings& findings)
    : looks_(looks), compiler_({.hasParams = hasParams, .mutates = mutates}), findings_(findings) {}

void PolicyExpressions::variable(v1::Variable::Reader variable, const Path& path) {
  if (looks_) tell(compiler_.variable(str(view(variable.getName())), view(variable.getExpression())), path);
}

void PolicyExpressions::check(std::string_view expression, ResultTypes result, const Path& path, policy::Scope scope) {
  if (looks_) tell(compiler_.compile(expression, result, scope), path);
}

void PolicyExpressions::tell(const PolicyProgram& program, const Path& path) {
  if (program.isInternal) {
    findings_.add({"InternalError", concat("Internal error: ", program.error), str(path.text())});
  } else if (!program.program) {
    findings_.invalid(path, program.expression, program.error);
  }
}

}  // namespace cleat::kinds::admissionregistration
