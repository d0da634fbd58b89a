// A method of an interface between host and plugins, as one constant. They are generated from the schemas: for
// sdk/schema/role/runtime.capnp, <cleat/schema/role/runtime.methods.h> has role::runtime::stats and its like.
//
//   context().serve(role::runtime::stats, [this](Call<role::StatsResults>& call) { return stats(call); });
//   auto answer = co_await context().call(role::network::setup, [&](auto params) { params.setSandboxId(id); });
//
// Whoever serves or calls gives the constant, and the compiler checks handler, parameters and results against it.
#pragma once

#include <compare>
#include <cstdint>

namespace cleat {

// What names a method where messages cross: the interface's id in the schema, and the method's number in the interface.
struct MethodId {
  uint64_t interfaceId = 0;
  uint32_t ordinal = 0;
  auto operator<=>(const MethodId&) const = default;
};

// `P` and `R` are structs of a schema, or void for a method that takes or gives nothing.
template <class P, class R>
struct Method : MethodId {
  using Params = P;
  using Results = R;
};

}  // namespace cleat
