// Types of expressions, and the interface by which whoever has a schema declares types of objects.
//
//   TypeRef names = types::list(types::text());
//   class Pod : public ObjectSchema { std::optional<Field> field(std::string_view name) const override {…} };
//   TypeRef pod = types::object("Pod", std::make_shared<Pod>());
//
// A type may say how large its values can be: that is what costs are estimated by.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cleat/cel/value.h"

namespace cleat::cel {

enum class TypeKind : uint8_t {
  error,
  dyn,
  null,
  boolean,
  integer,
  unsignedInteger,
  floating,
  text,
  bytes,
  duration,
  timestamp,
  list,
  map,
  object,
  type,
  opaque,  // optional_type and what libraries bring
  parameter,
};

inline constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

class ObjectSchema {
 public:
  struct Field {
    TypeRef type;
    std::string name;  // in the object, where an expression has to escape it
  };
  virtual ~ObjectSchema() = default;
  virtual std::optional<Field> field(std::string_view name) const = 0;
};

struct Type {
  TypeKind kind = TypeKind::dyn;
  std::string name;
  std::vector<TypeRef> parameters;  // of a list its element; of a map key and value
  std::shared_ptr<const ObjectSchema> schema;
  uint64_t maxSize = kUnlimited;  // characters, bytes, elements or entries; kUnlimited where nobody said
  bool sized = false;             // whether maxSize comes from a schema
  uint32_t parts = 1;             // how many types it is made of, itself included
};

namespace types {

const TypeRef& error();
const TypeRef& dyn();
const TypeRef& null();
const TypeRef& boolean();
const TypeRef& integer();
const TypeRef& unsignedInteger();
const TypeRef& floating();
const TypeRef& text();
const TypeRef& bytes();
const TypeRef& duration();
const TypeRef& timestamp();
const TypeRef& type();  // of types of which nothing more is known
const TypeRef& anyList();
const TypeRef& anyMap();
TypeRef typeOf(TypeRef type);
TypeRef list(TypeRef element);
TypeRef map(TypeRef key, TypeRef value);
TypeRef object(std::string name, std::shared_ptr<const ObjectSchema> schema);
TypeRef opaque(std::string name, std::vector<TypeRef> parameters = {});
TypeRef optional(TypeRef of);
TypeRef parameter(std::string name);
// The same with a bound on the size of its values.
TypeRef withMaxSize(const TypeRef& type, uint64_t maxSize);

}  // namespace types

// The same with other parameters.
TypeRef withParameters(const TypeRef& type, std::vector<TypeRef> parameters);
// Beyond which a type is too complex to be worked with.
inline constexpr uint32_t kMostTypeParts = 500;

inline bool isDyn(const TypeRef& type) { return type->kind == TypeKind::dyn || type->kind == TypeKind::error; }
bool isOptional(const TypeRef& type);
bool sameType(const Type& a, const Type& b);
// As messages write it: "list(int)", "map(string, dyn)".
std::string shown(const Type& type);

}  // namespace cleat::cel
