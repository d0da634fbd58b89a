// What expressions of policies see of a request beside its objects: `request` and `namespaceObject`, with their types.
#pragma once

#include <cleat/cel/type.h>
#include <cleat/cel/value.h>
#include <cleat/schema/role/admission.capnp.h>
#include <cleat/sdk/kinds/core_v1.h>

#include "policy-common/known_kinds.h"

namespace cleat::policy {

const cel::TypeRef& requestType();
const cel::TypeRef& namespaceType();

// `kind`: of the object that the request is about. The parameters have to live as long as the value.
cel::Value requestValue(role::AdmissionParams::Reader params, const KindKey& kind);

}  // namespace cleat::policy
