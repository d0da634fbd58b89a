// The kinds of apps/v1, each as it adds itself to the plugin's table, and what they have in common.
#pragma once

#include <cleat/sdk/kinds/apps_v1.h>

#include <cleat/sdk/meta.h>

#include "kinds-common/kind_table.h"
#include "kinds-common/metadata.h"

namespace cleat::kinds::apps {

inline constexpr const char* kSchemaFile = "kinds/apps_v1.capnp";

void addDeployments(KindTable& table);
void addReplicaSets(KindTable& table);

// The selector must be there, valid and not empty.
void checkSelector(meta_v1::LabelSelector::Reader selector, bool present, const Path& path, Findings& findings);
// A template of pods that are kept running and that the selector must match.
void checkTemplate(core_v1::PodTemplateSpec::Reader pod, meta_v1::LabelSelector::Reader selector, const Path& path,
                   Findings& findings);
void checkNotNegative(int64_t value, const Path& path, Findings& findings);
inline void checkNotNegative(meta_v1::Int32Value::Reader value, const Path& path, Findings& findings) {
  if (isSet(value)) checkNotNegative(value.getValue(), path, findings);
}

// What the selector of a workload finds must not change under it.
template <class Workload>
void checkSameSelector(const Change<Workload>& change, const Path& path, Findings& findings) {
  auto selector = change.object.getSpec().getSelector();
  if (change.old && !sameStruct(change.old->getSpec().getSelector(), selector)) {
    findings.invalid(path, shownSelector(selector), kImmutable);
  }
}

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

// The subresource `scale`, which the plugin answers with `project` and `transform`.
template <class Workload>
void addScale(KindTable& table) {
  table.addSubresource<Workload>({.name = "scale",
                                  .style = "transform",
                                  .bodyGroup = "autoscaling",
                                  .bodyVersion = "v1",
                                  .bodyKind = "Scale",
                                  .verbs = {"get", "patch", "update"}});
}

}  // namespace cleat::kinds::apps
