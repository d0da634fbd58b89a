// The kind of node.k8s.io/v1 as the SDK knows it: include this to use it as Object<K>, Draft<K>, Informer<K> and with a
// Client. The types are those of sdk/schema/kinds/node_v1.capnp.
#pragma once

#include <cleat/schema/kinds/node_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<node_v1::RuntimeClass> {
  static constexpr Resource resource{"node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", false};
};

}  // namespace cleat
