// What OpenAPI says of the paths that tell clients what there is: /api, /apis, /version, and those of groups and their
// versions; and of the types that are answered there, and by watches.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/api/openapi/openapi_types.h"

namespace cleat::api {

// A member of "paths": one of "/api/", "/apis/", "/version/", "/apis/GROUP/", "/api/v1/" and "/apis/GROUP/VERSION/".
void writeDiscoveryPath(JsonWriter& json, Dialect dialect, std::string_view path);
// The members of "definitions" or "schemas" that those paths need, and watches do.
void writeDiscoveryTypes(JsonWriter& json, Dialect dialect, const std::vector<std::string>& paths, bool watches);

}  // namespace cleat::api
