// Claims, volumes and classes for the tests of those who bring them together.
#pragma once

#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/testkit.h>

#include <string>

#include "tests/plugins/objects.h"
#include "volume-common/binding_names.h"

namespace cleat::test {

inline void setSize(capnp::List<meta_v1::TextEntry>::Builder amounts, const char* size) {
  amounts[0].setKey("storage");
  amounts[0].setValue(size);
}

// Of 1Gi, ReadWriteOnce; without a class unless it is given one.
inline Draft<core_v1::PersistentVolumeClaim> makeClaim(const char* name, const char* storageClass = "",
                                                       const char* size = "1Gi") {
  auto claim = named<core_v1::PersistentVolumeClaim>("default", name);
  claim.meta().setUid(concat("uid-", name));
  auto spec = claim->initSpec();
  spec.initAccessModes(1).set(0, "ReadWriteOnce");
  setSize(spec.initResources().initRequests(1), size);
  spec.setStorageClassName(storageClass);
  claim->initStatus().setPhase("Pending");
  return claim;
}

// Of 1Gi, ReadWriteOnce, to be kept; free.
inline Draft<core_v1::PersistentVolume> makeVolume(const char* name, const char* storageClass = "",
                                                   const char* size = "1Gi") {
  auto volume = named<core_v1::PersistentVolume>("", name);
  volume.meta().setUid(concat("uid-", name));
  auto spec = volume->initSpec();
  spec.initAccessModes(1).set(0, "ReadWriteOnce");
  setSize(spec.initCapacity(1), size);
  spec.setPersistentVolumeReclaimPolicy("Retain");
  spec.setStorageClassName(storageClass);
  spec.initHostPath().setPath("/data");
  volume->initStatus().setPhase("Available");
  return volume;
}

inline Draft<storage_v1::StorageClass> makeClass(const char* name, const char* provisioner,
                                                 const char* mode = "Immediate") {
  auto made = named<storage_v1::StorageClass>("", name);
  made->setProvisioner(provisioner);
  made->setReclaimPolicy("Delete");
  made->setVolumeBindingMode(mode);
  return made;
}

// The volume says whose it is; without a uid it is merely meant for that claim.
inline void setClaimRef(core_v1::PersistentVolume::Builder volume, const char* claim, const std::string& uid) {
  auto reference = volume.getSpec().initClaimRef();
  reference.setNamespace("default");
  reference.setName(claim);
  reference.setUid(uid);
}

// The claim says which volume it has; complete where the binder has said so.
inline void setVolume(core_v1::PersistentVolumeClaim::Builder claim, const char* volume, bool complete) {
  claim.getSpec().setVolumeName(volume);
  if (complete) setAnnotation(claim.getMetadata(), volumes::kBindCompleted, "yes");
}

}  // namespace cleat::test
