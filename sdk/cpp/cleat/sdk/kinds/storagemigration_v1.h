// The kinds of storagemigration.k8s.io/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/storagemigration_v1.capnp.
#pragma once

#include <cleat/schema/kinds/storagemigration_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<storagemigration_v1::StorageVersionMigration> {
  static constexpr Resource resource{"storagemigration.k8s.io", "v1", "storageversionmigrations",
                                     "StorageVersionMigration", false};
};

}  // namespace cleat
