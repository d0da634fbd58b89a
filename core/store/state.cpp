#include "core/store/state.h"

namespace cleat::store {

using object::Kind;
using object::ObjectRef;

ObjectMap& mapOf(ObjectMaps& maps, const Kind& kind) {
  if (maps.size() <= kind.id) maps.resize(kind.id + 1);
  return maps[kind.id];
}

ObjectRef State::get(const Kind& kind, std::string_view ns, std::string_view name) const {
  if (kind.id >= maps_.size()) return {};
  return maps_[kind.id].find({ns, name});
}

void State::visit(const Kind& kind, std::string_view ns, const Position* after,
                  const std::function<bool(const ObjectRef&)>& visit) const {
  if (kind.id >= maps_.size()) return;
  const ObjectMap& map = maps_[kind.id];
  ObjectMap::Key from{ns, ""};
  ObjectMap::Key afterKey = after != nullptr ? ObjectMap::Key{after->ns, after->name} : from;
  bool continues = after != nullptr && from <= afterKey;
  if (continues) from = afterKey;
  map.visit(from, continues ? ObjectMap::Begin::after : ObjectMap::Begin::at, [&](const ObjectRef& object) {
    if (!ns.empty() && object->ns() != ns) return false;
    return visit(object);
  });
}

size_t State::count(const Kind& kind) const { return kind.id < maps_.size() ? maps_[kind.id].size() : 0; }

}  // namespace cleat::store
