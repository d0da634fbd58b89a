// JSON paths, as printer columns, scales and selectable fields of CustomResourceDefinitions have them, compiled once
// and evaluated on many objects:
//
//   Result<JsonPath> path = JsonPath::compile(".status.conditions[?(@.type==\"Ready\")].status");
//   ColumnCell cell = columnCell(*path, "string", object, now);
//
// The language is kubectl's: names (with \. for a point in a name, or ['name']), [index], [from:to:step], [*], .*,
// unions of those ([0,2]), filters ([?(@.a.b==1)] with == != < <= > >= or none) and `..`. Paths come from users: what
// is too long is refused, and evaluation stops at a bounded number of steps.
#pragma once

#include <cleat/schema/kinds/open_v1.capnp.h>
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/time.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kinds-apiextensions/schema/validate.h"

namespace cleat::kinds::extensions {

class JsonPath {
 public:
  // Braces around it are allowed.
  static Result<JsonPath> compile(std::string_view text);

  // If it is names alone, as scales and selectable fields need it: those names.
  std::optional<std::vector<std::string>> names() const;

  // The first value that is there. Its view is valid as long as the object, and as the tree that comes with it.
  struct Found {
    JsonView value;
    JsonTree owner;  // of a value that is made out of the metadata
  };
  std::optional<Found> first(const CustomObject& object) const;

 private:
  struct Step;
  struct Compiler;
  struct Evaluation;

  std::shared_ptr<const std::vector<Step>> steps_;
};

// A cell of a table. Nothing where there is no value, or one of another type than the column's.
using ColumnCell = std::variant<std::monostate, std::string, int64_t, double, bool>;

// `type` is the column's: "string", "integer", "number", "boolean" or "date" (shown as the time since then).
ColumnCell columnCell(const JsonPath& path, std::string_view type, const CustomObject& object, WallTime now);

}  // namespace cleat::kinds::extensions
