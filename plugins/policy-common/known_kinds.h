// The kinds whose structs the SDK has, by their names: how an object of a kind that is known only at run time is read.
#pragma once

#include <capnp/dynamic.h>
#include <cleat/sdk/object.h>

#include <optional>
#include <string>
#include <string_view>

#include "policy-common/struct_layout.h"

namespace cleat::policy {

struct KindKey {
  std::string_view group, version, kind;
  bool operator==(const KindKey&) const = default;
};

struct KnownKind {
  capnp::StructSchema schema;
  LazyLayout layout;  // of the schema
  std::string apiVersion;
  std::string_view kind;
};
// Null where the SDK has no struct of that kind. Lives as long as the program.
const KnownKind* knownKind(const KindKey& kind);
// Nothing where there is none.
std::optional<capnp::StructSchema> structOf(const KindKey& kind);

// The object as a struct of that schema, which the caller knows it to be.
capnp::DynamicStruct::Reader readAs(const AnyRef& object, capnp::StructSchema schema);

}  // namespace cleat::policy
