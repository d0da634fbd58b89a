// Where in the value that a schema describes a part of an expression stands: that tells how large it can be.
//
//   Places schema(self);
//   Place name = schema.field(schema.element(list), "name");  // of self.list[0].name
#pragma once

#include <string>
#include <utility>

#include "cleat/cel/type.h"

namespace cleat::cel {

struct Place {
  bool isKnown = false;  // not so of what comes from elsewhere: what a condition chose, a literal
  TypeRef type;          // null where the schema says nothing about it
};

// A step from what comes from elsewhere leads to the whole value. It is what upstream's estimate does, and rules in use
// are within their limits for it.
class Places {
 public:
  explicit Places(TypeRef root) : root_(std::move(root)) {}

  Place field(const Place& from, const std::string& name) const {
    if (!from.isKnown) return {true, root_};
    if (isMapOfAnything(from)) return {true, from.type->parameters[1]};
    if (!from.type || from.type->kind != TypeKind::object || !from.type->schema) return {true, nullptr};
    auto field = from.type->schema->field(name);
    return {true, field ? field->type : nullptr};
  }
  Place element(const Place& from) const {
    if (!from.isKnown) return {true, root_};
    if (from.type && from.type->kind == TypeKind::list) return {true, from.type->parameters[0]};
    if (from.type && from.type->kind == TypeKind::map) return {true, from.type->parameters[1]};
    return {true, nullptr};
  }
  Place key(const Place& from) const {
    if (!from.isKnown) return {true, root_};
    return {true, from.type && from.type->kind == TypeKind::map ? from.type->parameters[0] : nullptr};
  }

 private:
  // As those of a device's attributes, `device.attributes["gpu.example.com"].model`, are: of other maps upstream says
  // nothing of an entry that is named as a field.
  static bool isMapOfAnything(const Place& place) {
    return place.type && place.type->kind == TypeKind::map && isDyn(place.type->parameters[1]) &&
           place.type->parameters[1]->sized;
  }

  TypeRef root_;
};

}  // namespace cleat::cel
