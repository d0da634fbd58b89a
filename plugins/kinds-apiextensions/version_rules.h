// The rules for one version of a CustomResourceDefinition: its schema, its subresources, its columns and the fields
// that can be selected by.
#pragma once

#include <cleat/sdk/kinds/apiextensions_v1.h>

#include "kinds-common/findings.h"

namespace cleat::kinds::extensions {

void checkVersion(apiextensions_v1::CustomResourceDefinitionVersion::Reader version, const Path& path,
                  Findings& findings);

}  // namespace cleat::kinds::extensions
