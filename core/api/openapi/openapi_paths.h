// The paths of an OpenAPI document: for every resource its collection, its objects and their subresources, with the
// verbs that the kind allows. Enough for clients that look up what a verb takes and which kind it is about.
#pragma once

#include <string>
#include <vector>

#include "core/api/json_writer.h"
#include "core/api/openapi/openapi_types.h"

namespace cleat::api {

// The members of "paths".
void writePaths(JsonWriter& json, Dialect dialect, const object::Catalogue& catalogue,
                const std::vector<object::KindRef>& kinds);

}  // namespace cleat::api
