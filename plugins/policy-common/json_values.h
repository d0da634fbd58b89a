// Trees of JSON as values of expressions that know no schema: numbers without a fraction are integers.
#pragma once

#include <cleat/cel/value.h>
#include <cleat/sdk/json_tree.h>

#include <string>

namespace cleat::policy {

// What is looked at has to live as long as the value.
cel::Value jsonValue(JsonView json);
// An open object: its members, metadata and what it is.
cel::Value openObjectValue(open_v1::OpenObject::Reader object, std::string apiVersion, std::string kind);

}  // namespace cleat::policy
