#include "policy-common/object_values.h"

#include "policy-common/json_values.h"
#include "policy-common/struct_values.h"

namespace cleat::policy {

std::string apiVersionOf(const KindKey& kind) {
  return kind.group.empty() ? str(kind.version) : concat(kind.group, "/", kind.version);
}

cel::Value anyObjectValue(const AnyRef& object, const KindKey& kind, bool isCustom) {
  if (!object) return cel::Value::null();
  if (const KnownKind* known = knownKind(kind)) {
    return objectValue(object.as<capnp::AnyStruct>(), known->layout.get(), known->apiVersion, known->kind);
  }
  if (isCustom) return openObjectValue(object.as<open_v1::OpenObject>(), apiVersionOf(kind), str(kind.kind));
  return cel::Value::error(concat("objects of the kind ", apiVersionOf(kind), " ", kind.kind, " cannot be read here"));
}

}  // namespace cleat::policy
