// What the scheduler knows of storage: claims, volumes, classes, and how many volumes of a driver a node takes.
#pragma once

#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/object.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "state/interner.h"
#include "state/storage_capacities.h"

namespace cleat::scheduling {

using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;
using storage_v1::CSIDriver;
using storage_v1::CSINode;
using storage_v1::StorageClass;
using storage_v1::VolumeAttachment;

// One kind of object by key.
template <class K>
class KnownObjects {
 public:
  void set(const Object<K>& object) { objects_[object.key()] = object; }
  template <class F>
  void forEach(F visit) const {
    for (const auto& [key, object] : objects_) visit(object);
  }
  void erase(const std::string& key) { objects_.erase(key); }
  Object<K> get(std::string_view key) const {
    auto found = objects_.find(key);
    return found == objects_.end() ? Object<K>() : found->second;
  }

 private:
  TextTable<Object<K>> objects_;
};

// Drivers. Each name has a number, which it keeps.
class KnownDrivers : public KnownObjects<CSIDriver> {
 public:
  uint32_t numberOf(std::string_view name) const { return names_.id(name); }
  const std::string& nameOf(uint32_t number) const { return names_.text(number); }

 private:
  mutable Interner names_;
};

// What is attached to nodes, or is to be.
class KnownAttachments {
 public:
  void set(const Object<VolumeAttachment>& attachment);
  void erase(const std::string& name);
  template <class F>
  void forEachOn(std::string_view node, F visit) const {
    auto found = byNode_.find(node);
    if (found == byNode_.end()) return;
    for (const auto& [name, attachment] : found->second) visit(attachment);
  }

 private:
  TextTable<std::string> nodes_;                           // by attachment
  TextTable<TextTable<Object<VolumeAttachment>>> byNode_;  // no empty ones
};

// What has been chosen for a claim and is on its way: a volume, or, with none, a node to make one at.
struct Promise {
  std::string node, volume;
};

struct VolumeState {
  KnownObjects<PersistentVolumeClaim> claims;
  KnownObjects<PersistentVolume> volumes;
  KnownObjects<StorageClass> classes;
  KnownObjects<CSINode> nodes;
  KnownDrivers drivers;
  KnownAttachments attachments;
  StorageCapacities capacities;
  uint64_t version = 0;  // grows with every change

  void promise(const std::string& claim, Promise promise) {
    promises_[claim] = std::move(promise);
    ++version;
  }
  void takeBack(std::string_view claim) {
    if (auto found = promises_.find(claim); found != promises_.end()) promises_.erase(found);
    ++version;
  }
  // Null for none.
  const Promise* promiseOf(std::string_view claim) const {
    auto found = promises_.find(claim);
    return found == promises_.end() ? nullptr : &found->second;
  }
  bool isPromised(std::string_view volume) const {
    return std::ranges::any_of(promises_, [&](const auto& each) { return each.second.volume == volume; });
  }

  // The volumes of a class that a claim may get: they are free, or meant for somebody. Worked out once for each
  // version.
  const std::vector<Object<PersistentVolume>>& volumesOfClass(const std::string& name) const;

 private:
  TextTable<Promise> promises_;  // by claim
  mutable TextTable<std::vector<Object<PersistentVolume>>> byClass_;
  mutable uint64_t byClassVersion_ = 0;
};

}  // namespace cleat::scheduling
