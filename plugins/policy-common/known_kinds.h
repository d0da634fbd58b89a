// The kinds whose structs the SDK has, by their names: how an object of a kind that is known only at run time is read.
#pragma once

#include <capnp/dynamic.h>
#include <cleat/sdk/object.h>

#include <optional>
#include <string_view>

namespace cleat::policy {

struct KindKey {
  std::string_view group, version, kind;
};

// Nothing where the SDK has no struct of that kind.
std::optional<capnp::StructSchema> structOf(const KindKey& kind);

// The object as a struct of that schema, which the caller knows it to be.
capnp::DynamicStruct::Reader readAs(const AnyRef& object, capnp::StructSchema schema);

}  // namespace cleat::policy
