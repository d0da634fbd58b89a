// The kinds of scheduling.k8s.io/v1beta1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/scheduling_v1beta1.capnp. A server has them
// only where its operator has switched them on.
#pragma once

#include <cleat/schema/kinds/scheduling_v1beta1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<scheduling_v1beta1::PodGroup> {
  static constexpr Resource resource{"scheduling.k8s.io", "v1beta1", "podgroups", "PodGroup", true};
};

template <>
struct KindOf<scheduling_v1beta1::Workload> {
  static constexpr Resource resource{"scheduling.k8s.io", "v1beta1", "workloads", "Workload", true};
};

}  // namespace cleat
