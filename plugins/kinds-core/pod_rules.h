// The rules for pods as whole objects; those for a pod's specification are in kinds-common, because templates have them
// too.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>

#include "kinds-common/kind_table.h"

namespace cleat::kinds::core {

// A new pod, an update of its specification or metadata, or (change.isStatus()) of its status.
void validatePod(const Change<core_v1::Pod>& change, Findings& findings);

}  // namespace cleat::kinds::core
