// What a CustomResourceDefinition's conditions say, besides those of its names and its end.
#pragma once

#include <string>

#include "accepted_names.h"

namespace cleat::extensions {

// Sets NonStructuralSchema, or takes it away where all schemas are in order. Return whether anything changed.
bool setSchemaCondition(Definition::Builder definition, const std::string& now);
// Sets KubernetesAPIApprovalPolicyConformant on what is in a group of the Kubernetes community.
bool setApprovalCondition(Definition::Builder definition, const std::string& now);

bool setCondition(Definition::Builder definition, const std::string& type, const std::string& status,
                  const std::string& reason, const std::string& message, const std::string& now);

}  // namespace cleat::extensions
