// Annotations by which pods said what they may do before there were fields for it.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include "kinds-common/findings.h"

namespace cleat::kinds::core {

// Those of seccomp and AppArmor have to be profiles, of containers that there are.
void checkProfileAnnotations(core_v1::Pod::Reader pod, Findings& findings);

}  // namespace cleat::kinds::core
