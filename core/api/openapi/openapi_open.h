// The definition of an open kind (a custom resource): its own schema with what every object has. OpenAPI 2 cannot say
// all of it; what it cannot say is left out, as the Kubernetes API server does.
#pragma once

#include "core/api/json_writer.h"
#include "core/api/openapi/openapi_types.h"

namespace cleat::api {

// The value behind the definition's name.
void writeOpenDefinition(JsonWriter& json, Dialect dialect, const object::Kind& kind);

}  // namespace cleat::api
