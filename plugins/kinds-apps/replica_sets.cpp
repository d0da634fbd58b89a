// ReplicaSets: a number of pods of one template.
#include <cleat/sdk/meta.h>

#include "kinds-apps/app_kinds.h"
#include "kinds-common/alpha_fields.h"
#include "kinds-common/pod_defaults.h"
#include "kinds-common/pod_warnings.h"

namespace cleat::kinds::apps {

namespace {

void setDefaults(apps_v1::ReplicaSet::Builder set, const Change<apps_v1::ReplicaSet>& change) {
  if (change.isDelete()) return;
  auto spec = set.getSpec();
  if (!spec.hasReplicas()) spec.initReplicas().setValue(1);
  setPodSpecDefaults(spec.getTemplate().getSpec());
  dropAlphaFields(spec.getTemplate().getSpec(),
                  change.old ? change.old->getSpec().getTemplate().getSpec() : core_v1::PodSpec::Reader());
}

void checkStatus(apps_v1::ReplicaSetStatus::Reader status, Findings& findings) {
  checkNotNegative(status.getObservedGeneration(), Path("status") / "observedGeneration", findings);
  checkReplicaCounts(status, {"fullyLabeledReplicas", status.getFullyLabeledReplicas()}, findings);
}

void validate(const Change<apps_v1::ReplicaSet>& change, Findings& findings) {
  if (change.isStatus()) {
    checkStatus(change.object.getStatus(), findings);
    return;
  }
  auto spec = change.object.getSpec();
  const Path path("spec");
  checkNotNegative(spec.getReplicas(), path / "replicas", findings);
  checkNotNegative(spec.getMinReadySeconds(), path / "minReadySeconds", findings);
  checkSelectorAndTemplate(spec, path, findings);
  checkSameSelector(change, path / "selector", findings);
  if (change.isCreate()) warnOfPodNames(change.object.getMetadata(), findings);
  warnOfTemplate(change, findings);
}

void print(apps_v1::ReplicaSet::Reader set, Cells& cells) {
  auto spec = set.getSpec();
  auto containers = spec.getTemplate().getSpec().getContainers();
  cells.text(set.getMetadata().getName());
  cells.integer(valueOr(spec.getReplicas(), 0));
  cells.integer(set.getStatus().getReplicas());
  cells.integer(set.getStatus().getReadyReplicas());
  cells.age(set.getMetadata().getCreationTimestamp());
  cells.text(containerNames(containers));
  cells.text(containerImages(containers));
  cells.text(selectorText(spec.getSelector()));
}

}  // namespace

void addReplicaSets(KindTable& table, Scales& scales) {
  table.add<apps_v1::ReplicaSet>({.structFile = kSchemaFile,
                                  .shortNames = {"rs"},
                                  .categories = {"all"},
                                  .columns = {nameColumn(),
                                              {"Desired", "integer", "How many pods there should be."},
                                              {"Current", "integer", "How many pods there are."},
                                              {"Ready", "integer", "How many pods are ready."},
                                              ageColumn(),
                                              wide({"Containers", "string", "The names of the template's containers."}),
                                              wide({"Images", "string", "The images of the template's containers."}),
                                              wide({"Selector", "string", "The labels of the set's pods."})},
                                  .hasStatus = true},
                                 {setDefaults, validate, print});
  table.addStatus<apps_v1::ReplicaSet>();
  scales.add<apps_v1::ReplicaSet>(table);
}

}  // namespace cleat::kinds::apps
