// Snapshot: the whole cluster at one revision, immutable. Getting one costs a reference count; it shares almost all of
// its structure with its neighbours in time, so many can be held at once.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "core/base/ref.h"
#include "core/object/object.h"

namespace cleat::store {

class Snapshot : public RefCounted {
 public:
  virtual ~Snapshot() = default;
  virtual uint64_t revision() const = 0;
  virtual object::ObjectRef get(const object::Kind& kind, std::string_view ns, std::string_view name) const = 0;
  // Visits the objects of a kind in the order of (namespace, name), in one namespace if `ns` is not empty, beginning
  // after (afterNs, afterName) if given, until `visit` returns false.
  struct Position {
    std::string_view ns, name;
  };
  virtual void visit(const object::Kind& kind, std::string_view ns, const Position* after,
                     const std::function<bool(const object::ObjectRef&)>& visit) const = 0;
  virtual size_t count(const object::Kind& kind) const = 0;
};

using SnapshotRef = Ref<const Snapshot>;

}  // namespace cleat::store
