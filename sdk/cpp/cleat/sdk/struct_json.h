// Structs of the kinds' schemas as trees of JSON, as the API shows them, and back: for what is kept or compared as
// JSON, such as the states in a ControllerRevision.
//
//   JsonTree pattern = structJson(set->getSpec().getTemplate());
//   std::string text = jsonText(pattern.view());                    // members in the order of their names
//   Draft<PodTemplateSpec> read;
//   CLEAT_TRY(readStruct(pattern.view(), *read));
//
// It goes by the annotations of the schema (cleat.capnp) and knows no kind. Unions other than a number or a text it
// does not know: a pod's template has none.
#pragma once

#include <capnp/dynamic.h>
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/status.h>

namespace cleat {

enum class StructLook {
  sorted,    // as the API shows it, members in the order of their names
  declared,  // the same in the order of the schema
  // As Kubernetes' messages show what has no form in the API: every field by its name in Go, in the order of the
  // schema, null where nothing is set. What is of meta/v1 looks as in the API there too.
  whole,
};
JsonTree structJson(capnp::DynamicStruct::Reader from, StructLook look = StructLook::sorted);

// Members that the struct has no field for are passed over. 400 for a value of another type, with its path.
Result<void> readStruct(JsonView from, capnp::DynamicStruct::Builder to);

}  // namespace cleat
