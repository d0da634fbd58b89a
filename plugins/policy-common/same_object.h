// Whether two objects of one kind say the same, whichever words they are written in.
#pragma once

#include <capnp/any.h>
#include <cleat/sdk/object.h>

namespace cleat::policy {

inline bool sameObject(const AnyRef& a, const AnyRef& b) {
  return a.same(b) || a.as<capnp::AnyStruct>() == b.as<capnp::AnyStruct>();
}

}  // namespace cleat::policy
