// The rules for the versions of a CustomResourceDefinition: their schemas, subresources, columns and the fields that
// can be selected by.
//
// Of these four, each that all versions have alike is one of the definition, as it was when there was one of each:
// what is wrong with it is said once, below spec.validation, spec.subresources and so on. What differs is said of its
// version.
#pragma once

#include <cleat/sdk/kinds/apiextensions_v1.h>

#include "kinds-common/findings.h"

namespace cleat::kinds::extensions {

struct AlikeParts {
  bool schema = false, subresources = false, columns = false, selectableFields = false;
};
AlikeParts alikePartsOf(apiextensions_v1::CustomResourceDefinitionSpec::Reader spec);

// What is the version's own.
void checkVersion(apiextensions_v1::CustomResourceDefinitionVersion::Reader version, const AlikeParts& alike,
                  const Path& path, Findings& findings);
// What all versions have alike.
void checkAlikeParts(apiextensions_v1::CustomResourceDefinitionSpec::Reader spec, const AlikeParts& alike,
                     const Path& path, Findings& findings);

}  // namespace cleat::kinds::extensions
