// What the scheduler knows of storage: claims, volumes, classes, and how many volumes of a driver a node takes.
#pragma once

#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/object.h>

#include <optional>
#include <string>

#include "state/interner.h"

namespace cleat::scheduling {

using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;
using storage_v1::CSINode;
using storage_v1::StorageClass;

// One kind of object by key.
template <class K>
class KnownObjects {
 public:
  void set(const Object<K>& object) { objects_[object.key()] = object; }
  void erase(const std::string& key) { objects_.erase(key); }
  Object<K> get(std::string_view key) const {
    auto found = objects_.find(key);
    return found == objects_.end() ? Object<K>() : found->second;
  }

 private:
  TextTable<Object<K>> objects_;
};

struct VolumeState {
  KnownObjects<PersistentVolumeClaim> claims;
  KnownObjects<PersistentVolume> volumes;
  KnownObjects<StorageClass> classes;
  KnownObjects<CSINode> nodes;
  uint64_t version = 0;  // grows with every change
};

}  // namespace cleat::scheduling
