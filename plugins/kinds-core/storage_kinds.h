// The kinds of core/v1 for storage: PersistentVolume and PersistentVolumeClaim.
#pragma once

#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/time.h>

#include "kinds-common/kind_table.h"

namespace cleat::kinds::core {

inline constexpr const char* kStorageSchemaFile = "kinds/core_v1_storage.capnp";

void addPersistentVolumes(KindTable& table);
void addPersistentVolumeClaims(KindTable& table);

// The volume as it is to be stored: with the time at which its phase changed, where that is now and nobody said when.
Object<core_v1::PersistentVolume> notePhase(const Object<core_v1::PersistentVolume>& volume,
                                            const Object<core_v1::PersistentVolume>& old, WallTime now);

}  // namespace cleat::kinds::core
