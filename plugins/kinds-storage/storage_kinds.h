// The kinds of storage.k8s.io/v1, each as it adds itself to the plugin's table: its facts, its defaults, its rules and
// its row.
#pragma once

#include <cleat/sdk/kinds/storage_v1.h>

#include "kinds-common/kind_table.h"

namespace cleat::kinds::storage {

inline constexpr const char* kSchemaFile = "kinds/storage_v1.capnp";

// StorageClass and VolumeAttributesClass (classes.cpp).
void addClasses(KindTable& table);
// Says in the rows of a list of classes which one is the default.
void markDefaultClass(const std::vector<AnyRef>& classes, role::RowsResults::Builder results);
// CSIDriver, CSINode and CSIStorageCapacity (csi_kinds.cpp).
void addCsiKinds(KindTable& table);
// VolumeAttachment (volume_attachments.cpp).
void addVolumeAttachments(KindTable& table);

}  // namespace cleat::kinds::storage
