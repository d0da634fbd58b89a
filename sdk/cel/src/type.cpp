#include "cleat/cel/type.h"

#include <algorithm>

namespace cleat::cel {

namespace {

void countParts(Type& type) {
  uint64_t parts = 1;
  for (const TypeRef& parameter : type.parameters) parts += parameter->parts;
  type.parts = static_cast<uint32_t>(std::min<uint64_t>(parts, 1u << 30));
}

TypeRef make(TypeKind kind, std::string name, std::vector<TypeRef> parameters = {}) {
  auto type = std::make_shared<Type>();
  type->kind = kind;
  type->name = std::move(name);
  type->parameters = std::move(parameters);
  countParts(*type);
  return type;
}

}  // namespace

TypeRef withParameters(const TypeRef& type, std::vector<TypeRef> parameters) {
  auto copy = std::make_shared<Type>(*type);
  copy->parameters = std::move(parameters);
  countParts(*copy);
  return copy;
}

namespace types {

const TypeRef& error() {
  static const TypeRef kType = make(TypeKind::error, "!error!");
  return kType;
}
const TypeRef& dyn() {
  static const TypeRef kType = make(TypeKind::dyn, "dyn");
  return kType;
}
const TypeRef& null() {
  static const TypeRef kType = make(TypeKind::null, "null_type");
  return kType;
}
const TypeRef& boolean() {
  static const TypeRef kType = make(TypeKind::boolean, "bool");
  return kType;
}
const TypeRef& integer() {
  static const TypeRef kType = make(TypeKind::integer, "int");
  return kType;
}
const TypeRef& unsignedInteger() {
  static const TypeRef kType = make(TypeKind::unsignedInteger, "uint");
  return kType;
}
const TypeRef& floating() {
  static const TypeRef kType = make(TypeKind::floating, "double");
  return kType;
}
const TypeRef& text() {
  static const TypeRef kType = make(TypeKind::text, "string");
  return kType;
}
const TypeRef& bytes() {
  static const TypeRef kType = make(TypeKind::bytes, "bytes");
  return kType;
}
const TypeRef& duration() {
  static const TypeRef kType = make(TypeKind::duration, "google.protobuf.Duration");
  return kType;
}
const TypeRef& timestamp() {
  static const TypeRef kType = make(TypeKind::timestamp, "google.protobuf.Timestamp");
  return kType;
}
const TypeRef& type() {
  static const TypeRef kType = make(TypeKind::type, "type");
  return kType;
}
const TypeRef& anyList() {
  static const TypeRef kType = list(dyn());
  return kType;
}
const TypeRef& anyMap() {
  static const TypeRef kType = map(dyn(), dyn());
  return kType;
}
TypeRef typeOf(TypeRef type) { return make(TypeKind::type, "type", {std::move(type)}); }
TypeRef list(TypeRef element) { return make(TypeKind::list, "list", {std::move(element)}); }
TypeRef map(TypeRef key, TypeRef value) { return make(TypeKind::map, "map", {std::move(key), std::move(value)}); }
TypeRef object(std::string name, std::shared_ptr<const ObjectSchema> schema) {
  auto type = std::make_shared<Type>();
  type->kind = TypeKind::object;
  type->name = std::move(name);
  type->schema = std::move(schema);
  return type;
}
TypeRef opaque(std::string name, std::vector<TypeRef> parameters) {
  return make(TypeKind::opaque, std::move(name), std::move(parameters));
}
TypeRef optional(TypeRef of) { return opaque("optional_type", {std::move(of)}); }
TypeRef parameter(std::string name) { return make(TypeKind::parameter, std::move(name)); }

TypeRef withMaxSize(const TypeRef& type, uint64_t maxSize) {
  auto sized = std::make_shared<Type>(*type);
  sized->maxSize = maxSize;
  sized->sized = true;
  return sized;
}

}  // namespace types

bool isOptional(const TypeRef& type) { return type->kind == TypeKind::opaque && type->name == "optional_type"; }

bool sameType(const Type& a, const Type& b) {
  if (&a == &b) return true;
  if (a.kind != b.kind || a.name != b.name || a.parameters.size() != b.parameters.size()) return false;
  for (size_t i = 0; i < a.parameters.size(); ++i) {
    if (!sameType(*a.parameters[i], *b.parameters[i])) return false;
  }
  return true;
}

std::string shown(const Type& type) {
  if (type.kind == TypeKind::duration) return "duration";
  if (type.kind == TypeKind::timestamp) return "timestamp";
  if (type.kind == TypeKind::null) return "null";
  std::string text = type.name;
  if (type.parameters.empty()) return text;
  text += '(';
  for (size_t i = 0; i < type.parameters.size(); ++i) {
    if (i > 0) text += ", ";
    text += shown(*type.parameters[i]);
  }
  return text + ')';
}

}  // namespace cleat::cel
