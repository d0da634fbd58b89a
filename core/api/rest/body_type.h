// Whether a body is what it is sent to be, in Kubernetes' words where it is not.
#pragma once

#include <cleat/sdk/status.h>

#include <string_view>

#include "core/api/rest/rest_request.h"
#include "core/object/json/json_node.h"

namespace cleat::api {

// A body of which nothing can be read, for the reason that `why` gives.
Status unrecognizedBody(const RestRequest& request, const object::Kind& kind, std::string_view why);

// What a body says of itself: `apiVersion` and `kind`. Those of open kinds have to say both, others may leave them out.
Result<void> checkBodyType(const RestRequest& request, const object::Kind& kind, std::string_view apiVersion,
                           std::string_view name);
// The same of JSON, which has to be an object.
Result<void> checkBodyType(const RestRequest& request, const object::Kind& kind, const object::JsonNode& body);

}  // namespace cleat::api
