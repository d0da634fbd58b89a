// The kinds of core/v1 for storage as the SDK knows them: include this to use them as Object<K>, Draft<K>, Informer<K>
// and with a Client. The types are those of sdk/schema/kinds/core_v1_storage.capnp.
#pragma once

#include <cleat/schema/kinds/core_v1_storage.capnp.h>
#include <cleat/sdk/kinds/core_v1.h>

namespace cleat {

template <>
struct KindOf<core_v1::PersistentVolume> {
  static constexpr Resource resource{"", "v1", "persistentvolumes", "PersistentVolume", false};
};
template <>
struct KindOf<core_v1::PersistentVolumeClaim> {
  static constexpr Resource resource{"", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true};
};

}  // namespace cleat
