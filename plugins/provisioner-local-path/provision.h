// What the provisioner does about a claim or a volume of its own. Pure: the plugin does it.
#pragma once

#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/object.h>

#include <string>

namespace cleat::local_path {

using core_v1::Node;
using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;
using storage_v1::StorageClass;

// Whether it is asked for a volume: the binder has said so, and there is none.
bool isAskedFor(const Object<PersistentVolumeClaim>& claim);
// The node that the scheduler has chosen; empty: none yet.
std::string_view selectedNode(const Object<PersistentVolumeClaim>& claim);
std::string volumeName(const Object<PersistentVolumeClaim>& claim);

struct ProvisionPlan {
  enum class Action {
    nothing,
    make,        // the volume
    refuse,      // `why`
    reschedule,  // the node that was chosen cannot have it: `why`
  };
  Action action = Action::nothing;
  std::string why{};
};
// For a claim that asks. `node` is the one that was chosen, if it is there.
ProvisionPlan planProvision(const Object<PersistentVolumeClaim>& claim, const Object<StorageClass>& storageClass,
                            const Object<Node>& node);

// The volume of a claim whose plan is to make it.
Draft<PersistentVolume> volumeFor(const Object<PersistentVolumeClaim>& claim, const Object<StorageClass>& storageClass,
                                  const Object<Node>& node);

bool isOwn(const Object<PersistentVolume>& volume);

enum class VolumeAction {
  nothing,
  remove,   // its claim is gone, and so may it be: its node empties it
  abandon,  // it is being deleted and its node is gone: nobody is left to empty it
};
VolumeAction planVolume(const Object<PersistentVolume>& volume, bool nodeIsThere);

// Whether the claim, which has the volume, asks for more than it is said to have.
bool isToGrow(const Object<PersistentVolumeClaim>& claim, const Object<PersistentVolume>& volume);

}  // namespace cleat::local_path
