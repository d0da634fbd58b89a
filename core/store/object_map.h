// ObjectMap: the objects of one kind in the order of (namespace, name), as a persistent B+ tree. A copy costs one
// reference and stays as it is when the original changes; what the two have in common exists once. A map that nobody
// else has a copy of changes in place.
//
// A map is a value: use one object from one thread at a time; copies may go to any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "core/base/ref.h"
#include "core/object/object.h"

namespace cleat::store {

struct MapNode;

class ObjectMap {
 public:
  struct Key {
    std::string_view ns, name;
    auto operator<=>(const Key&) const = default;
  };

  ObjectMap();
  ObjectMap(const ObjectMap&);
  ObjectMap(ObjectMap&&) noexcept;
  ObjectMap& operator=(ObjectMap other) noexcept;
  ~ObjectMap();

  size_t size() const;
  object::ObjectRef find(Key key) const;
  // Gives what was there before, or null.
  object::ObjectRef set(object::ObjectRef object);
  object::ObjectRef erase(Key key);
  // Visits in order, from the first key at or after `from`, or after it, until `visit` returns false.
  enum class Begin { at, after };
  void visit(Key from, Begin begin, const std::function<bool(const object::ObjectRef&)>& visit) const;

  // Aborts unless the tree is well-formed: for tests.
  void check() const;

 private:
  Ref<MapNode> root_;
};

}  // namespace cleat::store
