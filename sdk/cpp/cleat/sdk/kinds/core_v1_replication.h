// The kinds of core/v1 that hold templates of pods, as the SDK knows them: include this to use them as Object<K>,
// Draft<K>, Informer<K> and with a Client. The types are those of sdk/schema/kinds/core_v1_replication.capnp.
#pragma once

#include <cleat/schema/kinds/core_v1_replication.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<core_v1::ReplicationController> {
  static constexpr Resource resource{"", "v1", "replicationcontrollers", "ReplicationController", true};
};
template <>
struct KindOf<core_v1::PodTemplate> {
  static constexpr Resource resource{"", "v1", "podtemplates", "PodTemplate", true};
};

}  // namespace cleat
