// The kind of scheduling.k8s.io/v1 as the SDK knows it: include this to use it as Object<K>, Draft<K>, Informer<K> and
// with a Client. The types are those of sdk/schema/kinds/scheduling_v1.capnp.
#pragma once

#include <cleat/schema/kinds/scheduling_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<scheduling_v1::PriorityClass> {
  static constexpr Resource resource{"scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", false};
};

}  // namespace cleat
