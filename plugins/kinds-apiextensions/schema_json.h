// A schema as it stands in a CustomResourceDefinition, written as JSON: what the server gets with a kind, to prune,
// default, merge and publish by.
#pragma once

#include <cleat/sdk/kinds/apiextensions_v1.h>

#include <string>

namespace cleat::kinds::extensions {

std::string schemaJson(apiextensions_v1::JSONSchemaProps::Reader schema);

}  // namespace cleat::kinds::extensions
