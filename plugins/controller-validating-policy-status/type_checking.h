// What would fail in the expressions of a policy, by the types of the kinds that it is about.
#pragma once

#include <cleat/cel/type.h>
#include <cleat/sdk/kinds/admissionregistration_v1.h>

#include <string>
#include <vector>

namespace cleat::policy {

// A kind that a policy is about.
struct CheckedKind {
  std::string group, version, kind;
  cel::TypeRef type;
};

struct ExpressionWarning {
  std::string fieldRef;  // "spec.validations[0].expression"
  std::string warning;   // "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'x' …"
};

std::vector<ExpressionWarning> checkTypesOf(admissionregistration_v1::ValidatingAdmissionPolicySpec::Reader spec,
                                            const std::vector<CheckedKind>& kinds, const cel::TypeRef& params);

}  // namespace cleat::policy
