// The kinds of discovery.k8s.io/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/discovery_v1.capnp.
#pragma once

#include <cleat/schema/kinds/discovery_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<discovery_v1::EndpointSlice> {
  static constexpr Resource resource{"discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true};
};

}  // namespace cleat
