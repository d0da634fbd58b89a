// The rules for a pod's specification, in a Pod and in the templates of workloads.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include "kinds-common/findings.h"

namespace cleat::kinds {

enum class PodSpecOf { pod, podTemplate };
void checkPodSpec(core_v1::PodSpec::Reader spec, PodSpecOf of, const Path& path, Findings& findings);

// A template's metadata and specification.
void checkPodTemplate(core_v1::PodTemplateSpec::Reader pod, const Path& path, Findings& findings);

// Which nodes something is for: a selector of nodes by itself, as volumes and devices have it.
void checkNodeSelector(core_v1::NodeSelector::Reader selector, const Path& path, Findings& findings);

// Parts that stand elsewhere too.
void checkOverhead(capnp::List<meta_v1::TextEntry>::Reader overhead, const Path& path, Findings& findings);
void checkTolerations(capnp::List<core_v1::Toleration>::Reader tolerations, const Path& path, Findings& findings);

}  // namespace cleat::kinds
