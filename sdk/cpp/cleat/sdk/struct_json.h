// Structs of the kinds' schemas as trees of JSON, as the API shows them, and back: for what is kept or compared as
// JSON, such as the states in a ControllerRevision.
//
//   JsonTree pattern = structJson(set->getSpec().getTemplate());
//   std::string text = jsonText(pattern.view());                    // members in the order of their names
//   Draft<PodTemplateSpec> read;
//   CLEAT_TRY(readStruct(pattern.view(), *read));
//
// It goes by the annotations of the schema (cleat.capnp) and knows no kind. Bytes and unions other than a number or a
// text it does not: a pod's template has none.
#pragma once

#include <capnp/dynamic.h>
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/status.h>

namespace cleat {

JsonTree structJson(capnp::DynamicStruct::Reader from);

// Members that the struct has no field for are passed over. 400 for a value of another type, with its path.
Result<void> readStruct(JsonView from, capnp::DynamicStruct::Builder to);

}  // namespace cleat
