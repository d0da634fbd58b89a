// The rules for a pod's specification, in a Pod and in the templates of workloads.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include "kinds-common/findings.h"

namespace cleat::kinds {

void checkPodSpec(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings);

// A template's metadata and specification. Workloads that keep their pods running demand restartPolicy Always of it.
void checkPodTemplate(core_v1::PodTemplateSpec::Reader pod, const Path& path, Findings& findings);

}  // namespace cleat::kinds
