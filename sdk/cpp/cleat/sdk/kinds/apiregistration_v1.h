// The kinds of apiregistration.k8s.io/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/apiregistration_v1.capnp.
#pragma once

#include <cleat/schema/kinds/apiregistration_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<apiregistration_v1::APIService> {
  static constexpr Resource resource{"apiregistration.k8s.io", "v1", "apiservices", "APIService", false};
};

}  // namespace cleat
