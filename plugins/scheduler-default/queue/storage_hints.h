// Whom a change of storage may help: what has changed is held against the claims of pods that wait, by the rules of
// those who refused them. What has to do with none of their claims helps none of them.
#pragma once

#include <variant>

#include "cycle/scheduler.h"

namespace cleat::scheduling {

// As an informer tells: nothing before for what is new, nothing now for what has gone.
template <class K>
struct Change {
  Object<K> before, now;
};
using StorageChange =
    std::variant<std::monostate, Change<PersistentVolumeClaim>, Change<PersistentVolume>, Change<StorageClass>,
                 Change<CSINode>, Change<CSIDriver>, Change<VolumeAttachment>, Change<CSIStorageCapacity>>;

// `known`: with the change.
bool storageMayHelp(const StorageChange& change, const PodClass& waiting, JudgeSet judges, const VolumeState& known);
// Whether a pod that goes leaves storage that the waiting one may want.
bool goneMayHelpStorage(const PodClass& other, const PodClass& waiting, JudgeSet judges);

}  // namespace cleat::scheduling
