// The kinds of apiextensions.k8s.io/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/apiextensions_v1.capnp.
#pragma once

#include <cleat/schema/kinds/apiextensions_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<apiextensions_v1::CustomResourceDefinition> {
  static constexpr Resource resource{"apiextensions.k8s.io", "v1", "customresourcedefinitions",
                                     "CustomResourceDefinition", false};
};

}  // namespace cleat
