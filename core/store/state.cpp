#include "core/store/state.h"

namespace cleat::store {

using object::Kind;
using object::ObjectRef;

ObjectMap& mapOf(ObjectMaps& maps, const object::StoredResource& resource) {
  if (maps.size() <= resource.id) maps.resize(resource.id + 1);
  return maps[resource.id];
}

const ObjectMap* State::mapOf(const Kind& kind) const {
  return kind.storage && kind.storage->id < maps_.size() ? &maps_[kind.storage->id] : nullptr;
}

ObjectRef State::get(const Kind& kind, std::string_view ns, std::string_view name) const {
  const ObjectMap* map = mapOf(kind);
  return map ? map->find({ns, name}) : nullptr;
}

void State::visit(const Kind& kind, std::string_view ns, const Position* after,
                  const std::function<bool(const ObjectRef&)>& visit) const {
  const ObjectMap* map = mapOf(kind);
  if (!map) return;
  ObjectMap::Key from{ns, ""};
  ObjectMap::Key afterKey = after != nullptr ? ObjectMap::Key{after->ns, after->name} : from;
  bool continues = after != nullptr && from <= afterKey;
  if (continues) from = afterKey;
  map->visit(from, continues ? ObjectMap::Begin::after : ObjectMap::Begin::at, [&](const ObjectRef& object) {
    if (!ns.empty() && object->ns() != ns) return false;
    return visit(object);
  });
}

size_t State::count(const Kind& kind) const {
  const ObjectMap* map = mapOf(kind);
  return map ? map->size() : 0;
}

}  // namespace cleat::store
