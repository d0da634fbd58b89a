// Validator: walks through a value and its schema side by side. What it adds, and how it counts, is what Kubernetes'
// validation does: of several alternatives that all fail, the errors of the one are reported in which most checks
// passed. For one value, and then done with.
#pragma once

#include <optional>
#include <string_view>

#include "kinds-apiextensions/schema/causes.h"
#include "kinds-apiextensions/schema/compiled_schema.h"
#include "kinds-apiextensions/schema/value_rules.h"

namespace cleat::kinds::extensions {

// The root of an object has members that are not in its tree.
struct RootObject {
  explicit RootObject(const CustomObject& object) : members(object.object.getMembers()), of(object) {}

  bool has(std::string_view name) const { return isImplied(name) || findMember(members, name); }
  static bool isImplied(std::string_view name) { return name == "apiVersion" || name == "kind" || name == "metadata"; }
  // Of the metadata only the name and generateName, which are all that a schema can speak of.
  JsonView implied(std::string_view name) const;

  JsonList members;
  CustomObject of;

 private:
  mutable std::optional<JsonTree> implied_;
};

// A value, or the root of an object.
struct Validated {
  Validated(JsonView value) : json(value) {}             // NOLINT: meant to convert
  Validated(const RootObject* object) : root(object) {}  // NOLINT: meant to convert

  JsonType type() const { return root != nullptr ? JsonType::object : json.type(); }
  JsonList items() const { return root != nullptr ? root->members : json.items(); }
  size_t size() const { return items().size() + (root != nullptr ? 3 : 0); }
  bool has(std::string_view name) const { return root != nullptr ? root->has(name) : json.member(name).has_value(); }
  std::optional<JsonView> member(std::string_view name) const;

  JsonView json;
  const RootObject* root = nullptr;
};

bool same(const Validated& a, const Validated& b);

class Validator {
 public:
  explicit Validator(const CompiledSchema& schema) : schema_(schema) {}

  // Adds what is wrong with the value. Where `old` is given, nothing is wrong with what is as it was.
  void run(const SchemaNode& node, const Validated& value, const Validated* old, Causes& causes);

  // The value took too long, and the rest was not looked at.
  bool gaveUp() const { return steps_ > kMostSteps; }

 private:
  static constexpr size_t kMostSteps = 10'000'000;

  uint32_t value(const SchemaNode& node, const Validated& value, const Validated* old, const Trail& at, Causes& causes);
  // A value in another one, which may be as it was.
  uint32_t child(const SchemaNode& node, JsonView value, std::optional<JsonView> old, const Trail& at, Causes& causes);

  uint32_t alternatives(const SchemaNode& node, const Validated& value, const Trail& at, Causes& causes);
  struct Attempts;
  uint32_t anyOf(const Attempts& attempts, const SchemaRule& rule, Causes& causes);
  uint32_t oneOf(const Attempts& attempts, const SchemaRule& rule, Causes& causes);
  uint32_t allOf(const Attempts& attempts, const SchemaRule& rule, Causes& causes);
  void none(const Attempts& attempts, const SchemaRule& rule, Causes& causes);

  uint32_t list(const SchemaNode& node, const Validated& value, const Validated* old, const Trail& at, Causes& causes);
  uint32_t object(const SchemaNode& node, const Validated& value, const Validated* old, const Trail& at,
                  Causes& causes);
  uint32_t members(const SchemaNode& node, const Validated& value, const Validated* old, const Trail& at,
                   Causes& causes);
  bool step(size_t count = 1) {
    steps_ += count;
    return !gaveUp();
  }

  const CompiledSchema& schema_;
  size_t steps_ = 0;
};

// The embedded objects in a value: each has an apiVersion, a kind, and metadata as it has to be.
void checkEmbeddedObjects(const CompiledSchema& schema, const SchemaNode& node, const Validated& value, const Trail& at,
                          Causes& causes);

// One such object.
void checkObjectMeta(JsonView object, const Path& path, Findings& findings);

// That lists of the types set and map hold nothing twice.
void checkListTypes(const CompiledSchema& schema, const SchemaNode& node, const Validated& value, const Trail& at,
                    Causes& causes);

// The key of an element of a list of the type map, as JSON: {"name":"web"}. Nothing for what is no object.
std::optional<std::string> mapKeyOf(const CompiledSchema& schema, const SchemaNode& list, JsonView element);

}  // namespace cleat::kinds::extensions
