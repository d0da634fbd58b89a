// The rules for pods as whole objects; those for a pod's specification are in kinds-common, because templates have them
// too.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>

#include "kinds-common/kind_table.h"

namespace cleat::kinds::core {

// A new pod, an update of its specification or metadata, or (change.isStatus()) of its status.
void validatePod(const Change<core_v1::Pod>& change, Findings& findings);

// The rules for a pod as it is, whatever it was.
void checkPod(core_v1::Pod::Reader pod, Findings& findings);
// Whether it stands for a pod that a node runs by itself.
bool isMirror(core_v1::Pod::Reader pod);

}  // namespace cleat::kinds::core
