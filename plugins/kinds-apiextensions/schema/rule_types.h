// What rules in CEL see of an object by its schema: the types of expressions with their sizes, and the shapes by which
// values are looked at. Kubernetes' rules of what is exposed hold: what nothing is known of is not, and names are
// escaped where an expression could not say them.
#pragma once

#include <cleat/cel/type.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kinds-apiextensions/schema/compiled_schema.h"

namespace cleat::kinds::extensions {

// How a value in a tree of JSON becomes one of expressions.
struct Shape {
  enum class Kind : uint8_t {
    object,
    map,
    list,
    set,
    keyedList,
    text,
    bytes,
    date,
    time,
    duration,
    integer,
    number,
    boolean,
    any
  };

  Kind kind = Kind::any;
  std::map<std::string, std::unique_ptr<const Shape>, std::less<>> fields;  // of an object
  std::unique_ptr<const Shape> element;                                     // of a list or a map
  std::vector<std::string> keys;                                            // of a list with keys
};

// A schema as expressions know it. The type is null where they know nothing of it.
struct DeclaredType {
  cel::TypeRef type;
  int64_t least = 0;  // bytes that a value of it takes at least
  std::unique_ptr<const Shape> shape;
};

// `isRoot`: of an object of the API, which has apiVersion, kind and metadata whatever its schema says.
DeclaredType declaredType(SchemaReader schema, bool isRoot);

// `a-b` is a__dash__b in an expression. Empty where no expression can say the name.
std::string escapedName(std::string_view name);

// The largest request, which bounds what no schema bounds.
inline constexpr int64_t kMostRequestBytes = int64_t{3} << 20;

}  // namespace cleat::kinds::extensions
