// The rules for CustomResourceDefinitions, in Kubernetes' words: names, versions and what may not change. The rules for
// what stands in one version are in version_rules.h.
#pragma once

#include "kinds-apiextensions/definitions.h"

namespace cleat::kinds::extensions {

void checkDefinition(const Change<Definition>& change, Findings& findings);

// Whether anybody can ask for the kind in some version.
bool hasServedVersion(Definition::Reader definition);
// Whether one of the definition's conditions is "True".
bool isTrue(Definition::Reader definition, std::string_view condition);

}  // namespace cleat::kinds::extensions
