// What is to be done about a claim or a volume, by what both say and what else there is. Pure: the controller does it.
#pragma once

#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/object.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::volume_binder {

using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;
using storage_v1::StorageClass;

// What the plans look up. Objects that are not there refer to nothing.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  virtual Object<PersistentVolume> volume(std::string_view name) const = 0;
  virtual Object<PersistentVolumeClaim> claim(std::string_view ns, std::string_view name) const = 0;
  virtual Object<StorageClass> storageClass(std::string_view name) const = 0;
  virtual Object<StorageClass> defaultClass() const = 0;
  // Volumes that the claim might get: of its class, or meant for it.
  virtual std::vector<Object<PersistentVolume>> candidates(const Object<PersistentVolumeClaim>& claim) const = 0;
  // A pod that uses the claim and is on no node yet; empty: none does.
  virtual std::string unscheduledUser(const Object<PersistentVolumeClaim>& claim) const = 0;
};

// An event.
struct Note {
  bool warning = false;
  std::string reason, message;
  bool operator==(const Note&) const = default;
};

struct ClaimPlan {
  enum class Action {
    nothing,
    adoptClass,  // it says nothing of a class, and there is a default one by now: `storageClass`
    bind,        // to `volume`, or complete the binding
    wait,        // it is Pending
    provision,   // ask the provisioner of `storageClass`, and wait
    lose,        // its volume is gone, or another claim's
  };
  Action action = Action::nothing;
  Object<PersistentVolume> volume{};
  Object<StorageClass> storageClass{};
  std::optional<Note> note{};
};
ClaimPlan planClaim(const Object<PersistentVolumeClaim>& claim, const Surroundings& around);

struct VolumePlan {
  enum class Action {
    nothing,
    setPhase,     // to `phase`, with the note's message where there is one
    lookAtClaim,  // it has not taken the volume yet
    unbind,       // its claim has another volume: it is free again
    recycle,      // to be emptied, and then free again
  };
  Action action = Action::nothing;
  std::string phase{};
  // Its claim is said not to be there: to be made sure of before anything is done.
  bool withoutClaim = false;
  std::optional<Note> note{};
};
VolumePlan planVolume(const Object<PersistentVolume>& volume, const Surroundings& around);

}  // namespace cleat::volume_binder
