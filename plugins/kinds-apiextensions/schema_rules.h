// The schemas of a CustomResourceDefinition's versions, checked and compiled.
#pragma once

#include <string>

#include "kinds-apiextensions/definitions.h"
#include "kinds-apiextensions/schema/compiled_schema.h"
#include "kinds-common/findings.h"

namespace cleat::kinds::extensions {

// spec.versions[1].schema.openAPIV3Schema
Path schemaPath(uint32_t version);

// Null where there are findings.
std::shared_ptr<const CompiledSchema> compileVersion(apiextensions_v1::CustomResourceDefinitionVersion::Reader version,
                                                     const Path& path, Findings& findings);

// What is wrong with the schemas, as the condition NonStructuralSchema says it; empty where nothing is.
std::string schemaViolations(Definition::Reader definition);

}  // namespace cleat::kinds::extensions
