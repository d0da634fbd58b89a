// What whoever writes a pod, or a workload with a template of one, is told of: what is valid and still not meant.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include "kinds-common/findings.h"
#include "kinds-common/kind_table.h"

namespace cleat::kinds {

void warnOfPod(core_v1::Pod::Reader pod, Findings& findings);
// `path` is the template's: spec.template.
void warnOfPodTemplate(core_v1::PodTemplateSpec::Reader pod, const Path& path, Findings& findings);

// Of a workload after whose name pods and their hosts are named.
void warnOfPodNames(meta_v1::ObjectMeta::Reader meta, Findings& findings);

// Of a workload whose template is spec.template, when it is new or is to be something else than it was.
template <class Workload>
void warnOfTemplate(const Change<Workload>& change, Findings& findings) {
  if (!findings.empty()) return;
  if (change.old && sameStruct(change.old->getSpec(), change.object.getSpec())) return;
  warnOfPodTemplate(change.object.getSpec().getTemplate(), Path("spec") / "template", findings);
}

// Part of both: volumes that put two files into one place, or one file where a folder has to be.
void warnOfVolumes(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings);

}  // namespace cleat::kinds
