// The three patches: JSON patch (RFC 6902), JSON merge patch (RFC 7386) and Kubernetes' strategic merge patch, which
// reads merge keys and strategies off the kind's schema. Each changes `target`, whose containers are the tree's own,
// and leaves what the patch does not touch unread:
//
//   JsonNode target = nodeOf(arena, kind, words);
//   CLEAT_TRY(applyMergePatch(tree, target, patch));
//   Result<Decoded> next = decodePatched(kind, target, arena, validation);
//
// The patch outlives what was made of it. After an error the target is of no more use.
#pragma once

#include <cleat/sdk/status.h>
#include "core/object/json/json_node.h"
#include "core/object/kind.h"
#include "core/object/patch/patch_schema.h"
#include "core/object/patch/patch_tree.h"

namespace cleat::object {

// Of what a patch says, and of what comes of it.
inline constexpr size_t kMaxPatchDepth = 500;

// At most 10,000 operations. 422 when a test fails or a path does not exist, 400 for a malformed patch.
Result<void> applyJsonPatch(PatchTree& tree, JsonNode& target, const JsonNode& patch);
Result<void> applyMergePatch(PatchTree& tree, JsonNode& target, const JsonNode& patch);
Result<void> applyStrategicPatch(const Kind& kind, PatchTree& tree, JsonNode& target, const JsonNode& patch);

Result<void> applyStrategicPatch(const PatchSchema& schema, PatchTree& tree, JsonNode& target, const JsonNode& patch);

}  // namespace cleat::object
