#include "core/store/orphans.h"

#include <algorithm>

namespace cleat::store {

void Orphans::set(const std::string& resource, std::set<std::string> paths) {
  MutexLock lock(mutex_);
  paths_[resource] = std::move(paths);
}

size_t Orphans::take(const std::string& resource, const ObjectMap& map) {
  std::set<std::string> paths;
  size_t problems = 0;
  map.visit({"", ""}, ObjectMap::Begin::at, [&](const object::ObjectRef& object) {
    paths.insert(object->ns().empty() ? object->name() : object->ns() + "/" + object->name());
    if (object->knownProblem()) ++problems;
    return true;
  });
  set(resource, std::move(paths));
  return problems;
}

void Orphans::erase(const std::string& resource) {
  MutexLock lock(mutex_);
  paths_.erase(resource);
}

std::map<std::string, size_t> Orphans::count(std::string_view ns) const {
  const std::string prefix = std::string(ns) + "/";
  std::map<std::string, size_t> counts;
  MutexLock lock(mutex_);
  for (const auto& [resource, paths] : paths_) {
    size_t count = paths.size();
    if (!ns.empty()) {
      // They are in order: those of one namespace stand side by side.
      auto first = paths.lower_bound(prefix);
      auto last =
          std::find_if_not(first, paths.end(), [&](const std::string& path) { return path.starts_with(prefix); });
      count = static_cast<size_t>(std::distance(first, last));
    }
    if (count > 0) counts[resource] = count;
  }
  return counts;
}

Ref<const object::StoredResource> kindlessResource(const ObjectMap& map, const object::Catalogue& catalogue) {
  Ref<const object::StoredResource> resource;
  map.visit({"", ""}, ObjectMap::Begin::at, [&](const object::ObjectRef& first) {
    if (!catalogue.storageKind(*first->kind().storage)) resource = first->kind().storage;
    return false;
  });
  return resource;
}

}  // namespace cleat::store
