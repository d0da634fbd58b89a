// The parameters of requests, as OpenAPI describes them. Most stand in one place of a document, to which each operation
// refers: there are some hundred that take them.
#pragma once

#include <string_view>

#include "core/api/openapi/openapi_types.h"

namespace cleat::api {

struct Parameter {
  std::string_view name;
  const char* type;
  std::string_view description = {};
  std::string_view place = "query";
};

// By name; of those that are described once.
const Parameter* sharedParameter(std::string_view name);
// An item of a list of parameters: a reference, where it is one of those, or what it is.
void writeParameter(JsonWriter& json, Dialect dialect, const Parameter& parameter);
// The members of "parameters" in a document.
void writeSharedParameters(JsonWriter& json, Dialect dialect);

}  // namespace cleat::api
