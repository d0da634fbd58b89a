#include "kinds-apiextensions/schema/compiled_schema.h"

#include <algorithm>

namespace cleat::kinds::extensions {

const SchemaNode* CompiledSchema::property(const SchemaNode& node, std::string_view name) const {
  auto all = properties(node);
  auto place = std::ranges::lower_bound(all, name, {}, [&](const SchemaProperty& each) { return text(each.name); });
  if (place == all.end() || text(place->name) != name) return nullptr;
  return &nodes_[place->node];
}

const SchemaRule* CompiledSchema::rule(const SchemaNode& node, SchemaRule::Kind kind) const {
  auto all = rules(node);
  auto place = std::ranges::find(all, kind, &SchemaRule::kind);
  return place == all.end() ? nullptr : &*place;
}

size_t CompiledSchema::byteSize() const {
  auto bytes = [](const auto& all) { return all.capacity() * sizeof(all[0]); };
  return sizeof *this + bytes(nodes_) + bytes(properties_) + bytes(rules_) + bytes(names_) + bytes(alternatives_) +
         bytes(patterns_) + texts_.capacity() + values_.view().value().totalSize().wordCount * sizeof(capnp::word);
}

}  // namespace cleat::kinds::extensions
