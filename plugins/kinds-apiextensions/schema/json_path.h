// JSON paths, as printer columns, scales and selectable fields of CustomResourceDefinitions have them, compiled once
// and evaluated on many objects:
//
//   Result<JsonPath> path = JsonPath::compile(".status.conditions[?(@.type==\"Ready\")].status");
//   ColumnCell cell = columnCell(*path, "string", {object, "example.com/v1", "CronTab"}, now);
//
// The language is kubectl's: names (with \. for a point in a name, or ['name']), [index], [from:to:step], [*], .*,
// unions
// ([0,2]), filters ([?(@.a.b==1)], with == != < <= > >=, or none, which asks whether it is there) and `..`. Paths come
// from users: one that is too long is refused, and evaluation gives up after a bounded number of steps.
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

struct JsonPathStep;
using JsonPathSteps = std::vector<JsonPathStep>;

// A value that a path leads to. The view is valid as long as the object is, and this.
struct FoundValue {
  JsonView value;
  JsonTree owner;  // of what is made out of the metadata
};

class JsonPath {
 public:
  static Result<JsonPath> compile(std::string_view text);

  // The names, if it is nothing but names, as those of scales and selectable fields are; else nothing.
  std::vector<std::string> names() const;

  // The first value. None if there is none, or if the path asks for what cannot be, such as elements of a text.
  std::optional<FoundValue> first(const CustomObject& object) const;

 private:
  explicit JsonPath(std::shared_ptr<const JsonPathSteps> steps) : steps_(std::move(steps)) {}

  std::shared_ptr<const JsonPathSteps> steps_;
};

// A cell of a table: nothing where there is no value, or one of another type than the column's.
using ColumnCell = std::variant<std::monostate, std::string, int64_t, double, bool>;

// `type` is the column's: "string", "integer", "number", "boolean" or "date", which is shown as the time since then.
ColumnCell columnCell(const JsonPath& path, std::string_view type, const CustomObject& object, WallTime now);

}  // namespace cleat::kinds::extensions
