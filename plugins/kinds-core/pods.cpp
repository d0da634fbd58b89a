// Pods: their facts, and what is filled into them on every write.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_qos.h>

#include "kinds-common/alpha_fields.h"
#include "kinds-common/pod_defaults.h"
#include "kinds-core/core_kinds.h"
#include "kinds-core/pod_annotation_rules.h"
#include "kinds-core/pod_label_keys.h"
#include "kinds-core/pod_rules.h"
#include "kinds-core/proxy_target.h"

namespace cleat::kinds::core {

namespace {

// How long a pod that is deleted now has to stop.
int64_t graceOf(core_v1::Pod::Builder pod) {
  auto reader = pod.asReader();
  std::string_view phase = view(reader.getStatus().getPhase());
  // Nothing runs that could need time.
  if (reader.getSpec().getNodeName().size() == 0 || phase == "Failed" || phase == "Succeeded") return 0;
  int64_t seconds = reader.getMetadata().hasDeletionGracePeriodSeconds()
                        ? reader.getMetadata().getDeletionGracePeriodSeconds().getValue()
                        : valueOr(reader.getSpec().getTerminationGracePeriodSeconds(), 0);
  return seconds < 0 ? 1 : seconds;
}

// The one address and the list of them say the same; where they do not, the one is meant.
void syncAddresses(core_v1::PodStatus::Builder status) {
  const auto reader = status.asReader();
  const auto all = reader.getPodIPs();
  if (status.getPodIP().size() != 0 && (all.size() == 0 || view(all[0].getIp()) != view(reader.getPodIP()))) {
    const std::string one = str(reader.getPodIP());
    status.initPodIPs(1)[0].setIp(one);
  } else if (status.getPodIP().size() == 0 && status.asReader().getPodIPs().size() > 0) {
    status.setPodIP(str(view(status.asReader().getPodIPs()[0].getIp())));
  }
}

void setNewStatus(core_v1::Pod::Builder pod) {
  auto status = pod.getStatus();
  if (status.getPhase().size() == 0) status.setPhase("Pending");
  // What is as it should be stays where it stands: only what changes makes another object.
  const std::string_view quality = qosClassName(qosClassOf(pod.getSpec().asReader()));
  if (view(status.getQosClass().asReader()) != quality) status.setQosClass(str(quality));
  if (pod.getSpec().asReader().getSchedulingGates().size() == 0) return;
  setCondition<core_v1::PodCondition>(status, {.type = "PodScheduled",
                                               .status = "False",
                                               .reason = "SchedulingGated",
                                               .message = "Scheduling is blocked due to non-empty scheduling gates"});
}

// A writer who does not know these fields leaves them out, and does not mean to take them away.
void keepFromStatus(core_v1::PodStatus::Builder status, core_v1::PodStatus::Reader old) {
  if (status.getQosClass().size() == 0) status.setQosClass(old.getQosClass());
  if (status.getObservedGeneration() == 0) status.setObservedGeneration(old.getObservedGeneration());
  if (!status.hasConditions()) return;
  for (auto condition : status.getConditions()) {
    if (condition.getObservedGeneration() != 0) continue;
    auto before = findCondition(old.getConditions(), view(condition.getType().asReader()));
    if (before) condition.setObservedGeneration(before->getObservedGeneration());
  }
}

void setDefaults(core_v1::Pod::Builder pod, const Change<core_v1::Pod>& change) {
  if (change.isDelete()) {
    int64_t grace = graceOf(pod);
    pod.getMetadata().initDeletionGracePeriodSeconds().setValue(grace);
    return;
  }
  setPodSpecDefaults(pod.getSpec());
  setPodOnlyDefaults(pod.getSpec());
  if (!change.isStatus()) {
    dropAlphaFields(pod.getSpec(), change.old ? change.old->getSpec() : core_v1::PodSpec::Reader());
  }
  if (change.isCreate()) {
    setNewStatus(pod);
    writeLabelKeys(pod);
    takeProfileAnnotations(pod);
  } else if (change.isStatus()) {
    keepFromStatus(pod.getStatus(), change.old->getStatus());
  }
  syncAddresses(pod.getStatus());
}

// Of a feature that is off nothing new is kept.
void setDefaultsWithoutGroups(core_v1::Pod::Builder pod, const Change<core_v1::Pod>& change) {
  setDefaults(pod, change);
  const bool hadOne = change.old && change.old->getSpec().hasSchedulingGroup();
  if (!change.isDelete() && !hadOne && pod.getSpec().hasSchedulingGroup()) pod.getSpec().disownSchedulingGroup();
}

void addStreams(KindTable& table) {
  const std::pair<const char*, const char*> streams[] = {
      {"attach", "PodAttachOptions"}, {"exec", "PodExecOptions"}, {"portforward", "PodPortForwardOptions"}};
  for (const auto& [name, options] : streams) {
    table.addSubresource<core_v1::Pod>(
        {.name = name, .style = "connect", .bodyKind = options, .verbs = {"create", "get"}});
  }
  table.addSubresource<core_v1::Pod>({.name = "log", .style = "connect", .verbs = {"get"}});
  table.addSubresource<core_v1::Pod>(proxySubresource("PodProxyOptions"));
}

}  // namespace

void addPods(KindTable& table, SchedulingGroups groups) {
  table.add<core_v1::Pod>(
      {.structFile = kSchemaFile,
       .shortNames = {"po"},
       .categories = {"all"},
       .columns = {nameColumn(),
                   {"Ready", "string", "How many of the pod's containers are ready."},
                   {"Status", "string", "What the pod is doing, or what keeps it from it."},
                   {"Restarts", "string", "How often containers of the pod were restarted, and when one last was."},
                   ageColumn(),
                   wide({"IP", "string", "The pod's address."}),
                   wide({"Node", "string", "The node that the pod is on."}),
                   wide({"Nominated Node", "string", "The node on which room is being made for the pod."}),
                   wide({"Readiness Gates", "string", "How many of the pod's readiness gates are passed."})},
       .selectableFields = {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
                            "spec.hostNetwork", "status.phase", "status.podIP", "status.podIPs",
                            "status.nominatedNodeName", "spec.host=spec.nodeName"},
       .hasStatus = true,
       .statusLeavesMetadata = {"ownerReferences"},
       .returnsDeleted = true,
       .gracefulDelete = true},
      {groups == SchedulingGroups::kept ? setDefaults : setDefaultsWithoutGroups, validatePod, printPod});
  table.addStatus<core_v1::Pod>();
  table.addSubresource<core_v1::Pod>({.name = "binding",
                                      .style = "transform",
                                      .bodyGroup = "",
                                      .bodyVersion = "v1",
                                      .bodyKind = "Binding",
                                      .verbs = {"create"},
                                      .keepsGeneration = true});
  for (const char* name : {"ephemeralcontainers", "resize"}) {
    table.addSubresource<core_v1::Pod>({.name = name, .style = "transform", .verbs = {"get", "patch", "update"}});
  }
  addStreams(table);
  table.add<core_v1::Binding>({.structFile = kSchemaFile, .isVirtual = true});
}

}  // namespace cleat::kinds::core
