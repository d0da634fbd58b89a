// Whose a volume is, and which of several suits a claim best. Pure functions over the objects.
#pragma once

#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/quantity.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::volumes {

using core_v1::Node;
using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;

// Both sides say that they belong to each other, and the binder has said so on the claim.
bool isBindingComplete(const Object<PersistentVolumeClaim>& claim);

// The volume is meant for this claim: it names it, and its uid where it says one.
bool isMeantFor(const Object<PersistentVolume>& volume, const Object<PersistentVolumeClaim>& claim);
// It is this very claim's, by its uid.
bool isHeldBy(const Object<PersistentVolume>& volume, const Object<PersistentVolumeClaim>& claim);

// The volume, made the claim's: what both who bind volumes write of it.
Draft<PersistentVolume> heldBy(const Object<PersistentVolume>& volume, const Object<PersistentVolumeClaim>& claim);

// The class's name; empty: it has none.
std::string_view classOf(const Object<PersistentVolume>& volume);

// How much a volume holds, and how much a claim asks for.
Quantity sizeOf(const Object<PersistentVolume>& volume);
Quantity requestOf(const Object<PersistentVolumeClaim>& claim);

// Why the claim, which names the volume, cannot have it, in Kubernetes' words; empty where it can.
std::string mismatch(const Object<PersistentVolumeClaim>& claim, const Object<PersistentVolume>& volume);

// Whether the volume can be used on the node, as far as its node affinity says.
bool isWithinReach(const Object<PersistentVolume>& volume, const Object<Node>& node);

// Whether a volume of the class may be made for the node, as far as the class's topologies say.
bool mayBeMadeFor(const Object<storage_v1::StorageClass>& storageClass, const Object<Node>& node);

struct MatchOptions {
  Object<Node> node{};  // none: anywhere
  // Only a volume that is meant for the claim: the others are chosen along with a node.
  bool meantOnly = false;
  std::function<bool(const Object<PersistentVolume>&)> isTaken{};  // none: none is
};

// The volume that is meant for the claim, or else of those that are free and suit it the smallest, of these one with
// the fewest access modes. Refers to nothing where there is none.
Object<PersistentVolume> bestMatch(const Object<PersistentVolumeClaim>& claim,
                                   const std::vector<Object<PersistentVolume>>& volumes,
                                   const MatchOptions& options = {});

}  // namespace cleat::volumes
