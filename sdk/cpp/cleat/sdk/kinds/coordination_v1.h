// The kinds of coordination.k8s.io/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/coordination_v1.capnp.
#pragma once

#include <cleat/schema/kinds/coordination_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<coordination_v1::Lease> {
  static constexpr Resource resource{"coordination.k8s.io", "v1", "leases", "Lease", true};
};

}  // namespace cleat
