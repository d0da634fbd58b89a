// State: the Snapshot that the store makes; one ObjectMap per resource.
#pragma once

#include <vector>

#include "core/store/object_map.h"
#include "core/store/snapshot.h"

namespace cleat::store {

// By the id of the resource; resources beyond the end have no objects.
using ObjectMaps = std::vector<ObjectMap>;

ObjectMap& mapOf(ObjectMaps& maps, const object::StoredResource& resource);

class State final : public Snapshot {
 public:
  State(uint64_t revision, ObjectMaps maps) : revision_(revision), maps_(std::move(maps)) {}

  const ObjectMaps& maps() const { return maps_; }

  uint64_t revision() const override { return revision_; }
  object::ObjectRef get(const object::Kind& kind, std::string_view ns, std::string_view name) const override;
  void visit(const object::Kind& kind, std::string_view ns, const Position* after,
             const std::function<bool(const object::ObjectRef&)>& visit) const override;
  size_t count(const object::Kind& kind) const override;

 private:
  // Null when it has none.
  const ObjectMap* mapOf(const object::Kind& kind) const;

  uint64_t revision_;
  ObjectMaps maps_;
};

using StateRef = Ref<const State>;

}  // namespace cleat::store
