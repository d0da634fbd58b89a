#include "conditions.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <vector>

#include "kinds-apiextensions/approval.h"
#include "kinds-apiextensions/schema_rules.h"

namespace cleat::extensions {

namespace {

using Condition = apiextensions_v1::CustomResourceDefinitionCondition;

bool removeCondition(Definition::Builder definition, std::string_view type) {
  std::vector<Condition::Reader> kept;
  bool found = false;
  for (auto condition : definition.asReader().getStatus().getConditions()) {
    if (view(condition.getType()) == type) {
      found = true;
    } else {
      kept.push_back(condition);
    }
  }
  if (!found) return false;
  auto status = definition.getStatus();
  status.adoptConditions(listOf<Condition>(orphanageOf(status), kept));
  return true;
}

}  // namespace

bool setCondition(Definition::Builder definition, const std::string& type, const std::string& status,
                  const std::string& reason, const std::string& message, const std::string& now) {
  const ConditionUpdate update{type, status, reason, message, now};
  return cleat::setCondition<Condition>(definition.getStatus(), update);
}

bool setSchemaCondition(Definition::Builder definition, const std::string& now) {
  static const std::string kType = "NonStructuralSchema";
  const std::string violations = kinds::extensions::schemaViolations(definition.asReader());
  if (violations.empty()) return removeCondition(definition, kType);
  return setCondition(definition, kType, "True", "Violations", violations, now);
}

bool setApprovalCondition(Definition::Builder definition, const std::string& now) {
  using namespace kinds::extensions;
  static const std::string kType = "KubernetesAPIApprovalPolicyConformant";
  if (!isProtectedGroup(view(definition.asReader().getSpec().getGroup()))) return false;
  const Approval approval = approvalOf(definition.asReader().getMetadata());
  switch (approval.state) {
    case ApprovalState::invalid:
      return setCondition(definition, kType, "False", "InvalidAnnotation", approval.reason, now);
    case ApprovalState::missing:
      return setCondition(definition, kType, "False", "MissingAnnotation", approval.reason, now);
    case ApprovalState::bypassed:
      return setCondition(definition, kType, "False", "UnapprovedAnnotation", approval.reason, now);
    case ApprovalState::approved:
      return setCondition(definition, kType, "True", "ApprovedAnnotation", approval.reason, now);
  }
  return false;
}

}  // namespace cleat::extensions
