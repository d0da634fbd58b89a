#include "kinds-core/replication_controllers.h"

#include <cleat/sdk/kinds/core_v1_replication.h>
#include <cleat/sdk/meta.h>

#include "kinds-common/alpha_fields.h"
#include "kinds-common/pod_defaults.h"
#include "kinds-common/pod_spec.h"
#include "kinds-common/pod_warnings.h"
#include "kinds-common/workload_rules.h"

namespace cleat::kinds::core {

namespace {

constexpr const char* kTemplatesFile = "kinds/core_v1_replication.capnp";

void setDefaults(core_v1::ReplicationController::Builder controller,
                 const Change<core_v1::ReplicationController>& change) {
  if (change.isDelete()) return;
  auto spec = controller.getSpec();
  if (!spec.hasReplicas()) spec.initReplicas().setValue(1);
  if (!spec.hasTemplate()) return;
  setPodSpecDefaults(spec.getTemplate().getSpec());
  dropAlphaFields(spec.getTemplate().getSpec(),
                  change.old ? change.old->getSpec().getTemplate().getSpec() : core_v1::PodSpec::Reader());
  auto labels = spec.asReader().getTemplate().getMetadata().getLabels();
  if (labels.size() == 0) return;
  if (spec.getSelector().size() == 0) spec.setSelector(labels);
  if (controller.getMetadata().getLabels().size() == 0) controller.getMetadata().setLabels(labels);
}

void checkSpec(core_v1::ReplicationControllerSpec::Reader spec, const Path& path, Findings& findings) {
  if (spec.getSelector().size() == 0) findings.required(path / "selector");
  if (!spec.hasTemplate()) {
    findings.required(path / "template");
  } else {
    const Path pod = path / "template";
    checkSelected(spec.getTemplate(), LabelSelector::fromMap(spec.getSelector()), pod, findings);
    checkPodTemplate(spec.getTemplate(), pod, findings);
    checkKeptRunning(spec.getTemplate().getSpec(), "ReplicationController", pod / "spec", findings);
  }
  checkNotNegative(spec.getReplicas(), path / "replicas", findings);
  checkNotNegative(spec.getMinReadySeconds(), path / "minReadySeconds", findings);
}

void checkStatus(core_v1::ReplicationControllerStatus::Reader status, Findings& findings) {
  checkReplicaCounts(status, {"fullyLabeledReplicas", status.getFullyLabeledReplicas()}, findings);
  checkNotNegative(status.getObservedGeneration(), Path("status") / "observedGeneration", findings);
}

void validate(const Change<core_v1::ReplicationController>& change, Findings& findings) {
  if (change.isStatus()) {
    checkStatus(change.object.getStatus(), findings);
    return;
  }
  checkSpec(change.object.getSpec(), Path("spec"), findings);
  if (change.isCreate()) warnOfPodNames(change.object.getMetadata(), findings);
  warnOfTemplate(change, findings);
}

void print(core_v1::ReplicationController::Reader controller, Cells& cells) {
  auto spec = controller.getSpec();
  auto containers = spec.getTemplate().getSpec().getContainers();
  cells.text(controller.getMetadata().getName());
  cells.integer(valueOr(spec.getReplicas(), 0));
  cells.integer(controller.getStatus().getReplicas());
  cells.integer(controller.getStatus().getReadyReplicas());
  cells.age(controller.getMetadata().getCreationTimestamp());
  cells.text(containerNames(containers));
  cells.text(containerImages(containers));
  cells.text(labelsText(spec.getSelector()));
}

void setDefaults(core_v1::PodTemplate::Builder pods, const Change<core_v1::PodTemplate>& change) {
  if (change.isDelete()) return;
  setPodSpecDefaults(pods.getTemplate().getSpec());
  dropAlphaFields(pods.getTemplate().getSpec(),
                  change.old ? change.old->getTemplate().getSpec() : core_v1::PodSpec::Reader());
}

void validate(const Change<core_v1::PodTemplate>& change, Findings& findings) {
  auto pod = change.object.getTemplate();
  checkPodTemplate(pod, Path("template"), findings);
  const bool isSame = change.old && sameStruct(pod, change.old->getTemplate());
  if (findings.empty() && !isSame) warnOfPodTemplate(pod, Path("template"), findings);
}

void print(core_v1::PodTemplate::Reader pods, Cells& cells) {
  auto containers = pods.getTemplate().getSpec().getContainers();
  cells.text(pods.getMetadata().getName());
  cells.text(containerNames(containers));
  cells.text(containerImages(containers));
  cells.text(labelsText(pods.getTemplate().getMetadata().getLabels()));
}

}  // namespace

void addReplicationControllers(KindTable& table, Scales& scales) {
  table.add<core_v1::ReplicationController>(
      {.structFile = kTemplatesFile,
       .shortNames = {"rc"},
       .categories = {"all"},
       .columns = {nameColumn(),
                   {"Desired", "integer", "How many pods there should be."},
                   {"Current", "integer", "How many pods there are."},
                   {"Ready", "integer", "How many pods are ready."},
                   ageColumn(),
                   wide({"Containers", "string", "The names of the template's containers."}),
                   wide({"Images", "string", "The images of the template's containers."}),
                   wide({"Selector", "string", "The labels of the controller's pods."})},
       .selectableFields = {"status.replicas"},
       .hasStatus = true,
       .orphansByDefault = true},
      {setDefaults, validate, print});
  table.addStatus<core_v1::ReplicationController>();
  scales.add<core_v1::ReplicationController>(table);
}

void addPodTemplates(KindTable& table) {
  table.add<core_v1::PodTemplate>({.structFile = kTemplatesFile,
                                   .columns = {nameColumn(),
                                               {"Containers", "string", "The names of the template's containers."},
                                               {"Images", "string", "The images of the template's containers."},
                                               {"Pod Labels", "string", "The labels that the pods get."}},
                                   .returnsDeleted = true},
                                  {setDefaults, validate, print});
}

}  // namespace cleat::kinds::core
