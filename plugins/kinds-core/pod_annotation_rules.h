// Annotations by which pods said what they may do before there were fields for it.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include "kinds-common/findings.h"

namespace cleat::kinds::core {

// Those of seccomp and AppArmor have to be profiles, of containers that there are.
void checkProfileAnnotations(core_v1::Pod::Reader pod, Findings& findings);
// What a new pod's annotation says of AppArmor and the field of the same container must be the same.
void checkProfilesAgree(core_v1::Pod::Reader pod, Findings& findings);
// What an annotation of a new pod says of AppArmor goes into the field of its container, where that says nothing and
// the pod's own does not say the same. Windows has no AppArmor.
void takeProfileAnnotations(core_v1::Pod::Builder pod);

}  // namespace cleat::kinds::core
