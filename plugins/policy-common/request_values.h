// What expressions of policies see of a request beside its objects: `request` and `namespaceObject`, with their types.
#pragma once

#include <cleat/cel/type.h>
#include <cleat/cel/value.h>
#include <cleat/sdk/kinds/core_v1.h>

namespace cleat::policy {

struct PolicyRequest;

const cel::TypeRef& requestType();
const cel::TypeRef& namespaceType();

// The request has to live as long as the value.
cel::Value requestValue(const PolicyRequest& request);

}  // namespace cleat::policy
