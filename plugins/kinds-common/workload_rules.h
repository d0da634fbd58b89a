// The rules that kinds which make pods of a template have in common: Deployments, ReplicaSets, StatefulSets,
// DaemonSets, ReplicationControllers and Jobs.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/selector.h>

#include <cstdint>
#include <string_view>

#include "kinds-common/findings.h"
#include "kinds-common/kind_table.h"
#include "kinds-common/metadata.h"

namespace cleat::kinds {

void checkNotNegative(int64_t value, const Path& path, Findings& findings);
inline void checkNotNegative(meta_v1::Int32Value::Reader value, const Path& path, Findings& findings) {
  if (isSet(value)) checkNotNegative(value.getValue(), path, findings);
}
inline void checkNotNegative(meta_v1::Int64Value::Reader value, const Path& path, Findings& findings) {
  if (isSet(value)) checkNotNegative(value.getValue(), path, findings);
}

// What is wrong is said without the value, where that says nothing or is too long to be read.
void unfit(Findings& findings, const Path& path, std::string_view detail);

// A count, or the percentage in a text: what it comes to before it is one of anything. 0 when it is neither.
int64_t numberIn(meta_v1::IntOrString::Reader value);
Shown shownNumber(meta_v1::IntOrString::Reader value);
void checkCountOrPercent(meta_v1::IntOrString::Reader value, const Path& path, Findings& findings);
// A percentage of more than all is none.
void checkAtMostAll(meta_v1::IntOrString::Reader value, const Path& path, Findings& findings);

// The selector must be valid and not empty. `workload`: what it is the selector of, as errors call it ("deployment").
void checkSelector(meta_v1::LabelSelector::Reader selector, std::string_view workload, const Path& path,
                   Findings& findings);
// The labels that the pods of a template will have must be among those that their workload selects.
void checkSelected(core_v1::PodTemplateSpec::Reader pod, const LabelSelector& selector, const Path& path,
                   Findings& findings);
// What a selector selects that may be absent: then it is nothing.
Result<LabelSelector> selectorOf(meta_v1::LabelSelector::Reader selector, bool present);
// The pods of the template are kept running: they are always restarted and have no deadline. `kind` is the workload's.
void checkKeptRunning(core_v1::PodSpec::Reader spec, std::string_view kind, const Path& path, Findings& findings);

// What the selector of a workload finds must not change under it.
template <class Workload>
void checkSameSelector(const Change<Workload>& change, const Path& path, Findings& findings) {
  auto selector = change.object.getSpec().getSelector();
  if (change.old && !sameStruct(change.old->getSpec().getSelector(), selector)) {
    findings.invalid(path, shownSelector(selector), kImmutable);
  }
}

// A count of collisions only ever grows.
void checkNotDecremented(meta_v1::Int32Value::Reader now, meta_v1::Int32Value::Reader before, const Path& path,
                         Findings& findings);

struct Count {
  const char* field;
  int32_t value;
};
// Each count of a status is of pods that `replicas` counts too. `updated`: the one that has another name in each kind.
void checkReplicaCounts(int32_t replicas, const Count& updated, const Count& ready, const Count& available,
                        Findings& findings);
template <class Status>
void checkReplicaCounts(Status status, const Count& updated, Findings& findings) {
  checkReplicaCounts(status.getReplicas(), updated, {"readyReplicas", status.getReadyReplicas()},
                     {"availableReplicas", status.getAvailableReplicas()}, findings);
}

}  // namespace cleat::kinds
