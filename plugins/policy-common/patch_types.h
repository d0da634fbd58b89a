// What expressions of mutating policies make objects of: `Object{spec: Object.spec{replicas: 3}}` and
// `JSONPatch{op: "add", path: "/spec/replicas", value: 3}`.
#pragma once

#include <cleat/cel/environment.h>

#include <memory>

namespace cleat::policy {

inline constexpr const char* kObjectType = "Object";
inline constexpr const char* kJsonPatchType = "JSONPatch";

const std::shared_ptr<const cel::ObjectTypes>& patchTypes();
// What other expressions have, and jsonpatch.escapeKey.
const std::shared_ptr<const cel::FunctionTable>& mutationFunctions();

}  // namespace cleat::policy
