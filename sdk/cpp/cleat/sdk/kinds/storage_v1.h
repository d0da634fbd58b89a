// The kinds of storage.k8s.io/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>, Informer<K>
// and with a Client. The types are those of sdk/schema/kinds/storage_v1.capnp.
#pragma once

#include <cleat/schema/kinds/storage_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<storage_v1::StorageClass> {
  static constexpr Resource resource{"storage.k8s.io", "v1", "storageclasses", "StorageClass", false};
};
template <>
struct KindOf<storage_v1::CSIDriver> {
  static constexpr Resource resource{"storage.k8s.io", "v1", "csidrivers", "CSIDriver", false};
};
template <>
struct KindOf<storage_v1::CSINode> {
  static constexpr Resource resource{"storage.k8s.io", "v1", "csinodes", "CSINode", false};
};
template <>
struct KindOf<storage_v1::CSIStorageCapacity> {
  static constexpr Resource resource{"storage.k8s.io", "v1", "csistoragecapacities", "CSIStorageCapacity", true};
};
template <>
struct KindOf<storage_v1::VolumeAttachment> {
  static constexpr Resource resource{"storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", false};
};
template <>
struct KindOf<storage_v1::VolumeAttributesClass> {
  static constexpr Resource resource{"storage.k8s.io", "v1", "volumeattributesclasses", "VolumeAttributesClass", false};
};

}  // namespace cleat
