// Patches and applies of JSON values, for tests that compare values: the same functions as those of nodes.
#pragma once

#include <boost/json/value.hpp>

#include "core/object/apply/apply.h"
#include "core/object/json/json_document.h"
#include "core/object/patch/patch.h"

namespace cleat::object {

inline boost::json::value valueOf(const JsonNode& node) {
  const std::string text = jsonText(node);
  return *parseJson(text, {.maxBytes = text.size(), .maxDepth = 2000});
}

template <class F>
Result<boost::json::value> patchedValue(const boost::json::value& target, const boost::json::value& patch, F apply) {
  const JsonDocument document = JsonDocument::of(patch);
  JsonArena arena;
  PatchTree tree(arena);
  JsonNode node = nodeOf(arena, target);
  if (Result<void> done = apply(tree, node, document.root()); !done) return fail(done.error());
  return valueOf(node);
}

inline Result<boost::json::value> applyJsonPatch(const boost::json::value& target, const boost::json::value& patch) {
  return patchedValue(target, patch, [](PatchTree& tree, JsonNode& node, const JsonNode& change) {
    return applyJsonPatch(tree, node, change);
  });
}

inline Result<boost::json::value> applyMergePatch(const boost::json::value& target, const boost::json::value& patch) {
  return patchedValue(target, patch, [](PatchTree& tree, JsonNode& node, const JsonNode& change) {
    return applyMergePatch(tree, node, change);
  });
}

// Of a PatchSchema or a Kind.
template <class Schema>
Result<boost::json::value> applyStrategicPatch(const Schema& schema, const boost::json::value& target,
                                               const boost::json::value& patch) {
  return patchedValue(target, patch, [&](PatchTree& tree, JsonNode& node, const JsonNode& change) {
    return applyStrategicPatch(schema, tree, node, change);
  });
}

inline Result<Ref<const Message>> applyFields(const Kind& kind, const Message* live, const boost::json::value& applied,
                                              const FieldWriter& writer) {
  return applyFields(kind, live, JsonDocument::of(applied).root(), writer);
}

}  // namespace cleat::object
