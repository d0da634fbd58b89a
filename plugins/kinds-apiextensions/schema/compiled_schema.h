// CompiledSchema: the OpenAPI schema of one version of a kind, in the form that objects are validated by. It is made
// out of a CustomResourceDefinition once, checked on the way, and shared by all who validate:
//
//   Findings findings;
//   auto schema = compileSchema(version.getSchema().getOpenAPIV3Schema(), path, {.statusSubresource = true}, findings);
//   if (schema == nullptr) …  // findings says what is wrong, in Kubernetes' words
//
// Schemas come from users and may be hostile: compileSchema takes bounded time and memory for any of them, and so does
// validating by what it returns. Immutable, so that any thread may use it. It is a few arrays: a schema of a hundred
// fields takes about ten kilobytes.
#pragma once

#include <cleat/schema/kinds/apiextensions_v1.capnp.h>
#include <cleat/sdk/json_tree.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kinds-apiextensions/schema/formats.h"
#include "kinds-apiextensions/schema/pattern.h"
#include "kinds-common/findings.h"

namespace cleat::kinds::extensions {

using SchemaReader = apiextensions_v1::JSONSchemaProps::Reader;

class CompiledSchema;
struct RuleNode;

struct SchemaOptions {
  // The version has /status: fewer fields are allowed at the schema's root.
  bool statusSubresource = false;
};

// Checks the schema as Kubernetes checks those of new CustomResourceDefinitions, and compiles it. `path` is where it
// stands: "spec.validation.openAPIV3Schema" where all versions have the same one, or else
// "spec.versions[0].schema.openAPIV3Schema". Null if there are findings. What is allowed but has no effect, such as a
// format that nobody knows, becomes a warning. Rules in CEL are compiled with it.
std::shared_ptr<const CompiledSchema> compileSchema(SchemaReader schema, const Path& path, const SchemaOptions& options,
                                                    Findings& findings);

// Compiles one that was checked before: that of a stored CustomResourceDefinition. Null if it is beyond the limits. Of
// what the check would refuse it keeps what it can.
std::shared_ptr<const CompiledSchema> compileChecked(SchemaReader schema);

enum class ListType : uint8_t { atomic, set, map };

// Bits of SchemaNode::types.
inline constexpr uint8_t kObjectType = 1, kArrayType = 2, kTextType = 4, kIntegerType = 8, kNumberType = 16,
                         kBooleanType = 32;

// A part of one of the arrays.
struct SchemaRange {
  uint32_t first = 0, count = 0;
};

// One rule for a value, beyond its type.
struct SchemaRule {
  enum Kind : uint8_t {
    minimum,  // number
    exclusiveMinimum,
    maximum,
    exclusiveMaximum,
    multipleOf,
    minLength,  // size
    maxLength,
    minItems,
    maxItems,
    minProperties,
    maxProperties,
    pattern,      // range.first: which pattern
    formatName,   // range: the format's name, as the schema writes it
    enumeration,  // range: values
    required,     // range: names
    mapKeys,
    anyOf,  // range: alternatives
    oneOf,
    allOf,
    none,  // range.first: the node of `not`
  };

  Kind kind;
  union {
    double number;
    int64_t size;
    SchemaRange range{};
  };
};

// The schema of one value. Other nodes are named by their places; the root's, 0, stands for none.
struct SchemaNode {
  enum Flag : uint8_t {
    nullable = 1,
    preservesUnknown = 2,
    embedded = 4,
    closed = 8,          // additionalProperties: false
    open = 16,           // additionalProperties: true
    holdsLists = 32,     // it or something below it is a list of the type set or map
    holdsEmbedded = 64,  // it or something below it is an embedded resource
  };

  uint8_t types = 0;  // none: anything
  uint8_t flags = 0;
  Format format = Format::none;
  ListType listType = ListType::atomic;
  uint32_t items = 0;
  uint32_t additional = 0;  // additionalProperties, where they have a schema
  SchemaRange properties, rules;

  bool has(Flag flag) const { return (flags & flag) != 0; }
};

struct SchemaProperty {
  SchemaRange name;
  uint32_t node = 0;
};

class CompiledSchema {
 public:
  const SchemaNode& root() const { return nodes_.front(); }
  const SchemaNode& node(uint32_t place) const { return nodes_[place]; }
  // What the value of a list or a map is; null where nothing says so.
  const SchemaNode* itemsOf(const SchemaNode& node) const { return node.items ? &nodes_[node.items] : nullptr; }
  const SchemaNode* additionalOf(const SchemaNode& node) const {
    return node.additional ? &nodes_[node.additional] : nullptr;
  }

  // By name.
  std::span<const SchemaProperty> properties(const SchemaNode& node) const {
    return part(properties_, node.properties);
  }
  // Null if the schema does not name it.
  const SchemaNode* property(const SchemaNode& node, std::string_view name) const;

  std::span<const SchemaRule> rules(const SchemaNode& node) const { return part(rules_, node.rules); }
  // Null if the node has no such rule.
  const SchemaRule* rule(const SchemaNode& node, SchemaRule::Kind kind) const;
  const Pattern& pattern(const SchemaRule& rule) const { return *patterns_[rule.range.first]; }
  std::span<const SchemaRange> names(const SchemaRule& rule) const { return part(names_, rule.range); }
  std::span<const uint32_t> alternatives(const SchemaRule& rule) const { return part(alternatives_, rule.range); }
  JsonView value(uint32_t place) const { return values_.view().items()[place]; }
  std::string_view text(SchemaRange range) const { return {texts_.data() + range.first, range.count}; }

  // The rules in CEL; null where there are none.
  const RuleNode* celRules() const { return celRules_.get(); }
  void keepRules(std::shared_ptr<const RuleNode> rules) { celRules_ = std::move(rules); }

  // What it takes, with all that belongs to it alone but its rules in CEL.
  size_t byteSize() const;

 private:
  friend class SchemaCompiler;

  template <class T>
  static std::span<const T> part(const std::vector<T>& all, SchemaRange range) {
    return std::span(all).subspan(range.first, range.count);
  }

  std::vector<SchemaNode> nodes_;
  std::vector<SchemaProperty> properties_;
  std::vector<SchemaRule> rules_;
  std::vector<SchemaRange> names_;
  std::vector<uint32_t> alternatives_;
  std::vector<std::shared_ptr<const Pattern>> patterns_;
  JsonTree values_;
  std::string texts_;
  std::shared_ptr<const RuleNode> celRules_;
};

}  // namespace cleat::kinds::extensions
