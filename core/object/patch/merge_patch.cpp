// JSON merge patch (RFC 7386).
#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/object/json/go_text.h"
#include "core/object/patch/patch.h"

namespace cleat::object {

namespace {

// The RFC takes a list as it is. Kubernetes takes the nulls out of the objects in it, so that they ask for absence
// there as they do elsewhere in the patch; unless the list takes an object's place. Their order stays.
bool pruneNulls(JsonNode& value, size_t depth) {
  if (depth > kMaxPatchDepth) return false;
  if (value.isArray()) {
    return std::ranges::all_of(value.list(), [&](JsonNode& element) { return pruneNulls(element, depth + 1); });
  }
  if (!value.isObject()) return true;
  const auto nulls = std::ranges::remove_if(value.object(), &JsonNode::isNull, &JsonMember::value);
  value.count -= static_cast<uint32_t>(nulls.size());
  return std::ranges::all_of(value.object(), [&](JsonMember& member) { return pruneNulls(member.value, depth + 1); });
}

bool merge(PatchTree& tree, JsonNode& target, const JsonNode& patch, size_t depth) {
  if (!patch.isObject()) {
    const bool wasObject = tree.kindOf(target) == JsonNode::Kind::object;
    target = tree.clone(patch);
    return wasObject || pruneNulls(target, depth);
  }
  if (depth > kMaxPatchDepth) return false;
  if (!tree.open(target).isObject()) target = JsonNode::emptyObject();
  for (const auto& [name, change] : patch.object()) {
    if (change.isNull()) {
      tree.erase(target, name);
    } else if (!merge(tree, tree.at(target, name), change, depth + 1)) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<void> applyMergePatch(PatchTree& tree, JsonNode& target, const JsonNode& patch) {
  if (patch.isNull()) return fail(Status::badRequest("Invalid JSON Patch"));
  if (!patch.isObject()) {
    return fail(Status::badRequest(concat("error decoding patch: json: cannot unmarshal ", goTypeOf(patch),
                                          " into Go value of type map[string]interface {}")));
  }
  if (!merge(tree, target, patch, 0)) {
    return fail(Status::badRequest("the patch is nested deeper than the limit of " + std::to_string(kMaxPatchDepth)));
  }
  return {};
}

}  // namespace cleat::object
