// Orphans: the objects on the disk whose resource no plugin brings at present, by their names alone. Nobody can read
// or change them; who would take away what they are in wants to know of them. Thread-safe.
#pragma once

#include <cleat/sdk/mutex.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/object/catalogue.h"
#include "core/store/object_map.h"

namespace cleat::store {

class Orphans {
 public:
  // A resource's, as paths: "namespace/name".
  void set(const std::string& resource, std::set<std::string> paths);
  // Those of a map; gives how many of them were known to be unreadable.
  size_t take(const std::string& resource, const ObjectMap& map);
  // They have got a kind.
  void erase(const std::string& resource);
  // How many there are of each resource that has some; in one namespace, or everywhere.
  std::map<std::string, size_t> count(std::string_view ns) const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::set<std::string>> paths_ CLEAT_GUARDED_BY(mutex_);
};

// The resource of a map's objects if it has no kind in the catalogue; else, and of an empty map, null.
Ref<const object::StoredResource> kindlessResource(const ObjectMap& map, const object::Catalogue& catalogue);

}  // namespace cleat::store
