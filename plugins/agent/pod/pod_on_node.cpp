#include "pod/pod_on_node.h"

#include <cleat/sdk/meta.h>

namespace cleat::agent {

bool PodOnNode::mustEnd() const {
  return removed || finished || failure || !pod() || deletionPending(pod().meta()) ||
         isTerminalPhase(view(pod()->getStatus().getPhase()));
}

PodFacts PodOnNode::facts() const {
  PodFacts facts;
  facts.podIps = ips;
  facts.hostIps = node.identity.addresses();
  facts.nodeName = node.identity.name;
  // What a container without a limit could use at most.
  const NodeAmounts left = allocatable(node.machine, node.identity.reserved);
  facts.nodeMilliCpu = left.milliCpu;
  facts.nodeMemoryBytes = left.memoryBytes;
  facts.nodeEphemeralBytes = left.storageBytes;
  return facts;
}

void PodOnNode::event(std::string_view type, std::string_view reason, std::string_view message) const {
  if (pod()) node.events.record(referenceTo(pod()), type, reason, message);
}

ObjectReference PodOnNode::about(const PodContainer& container) const {
  std::string_view list = container.role == ContainerRole::regular     ? "spec.containers{"
                          : container.role == ContainerRole::ephemeral ? "spec.ephemeralContainers{"
                                                                       : "spec.initContainers{";
  return referenceTo(pod(), concat(list, container.name(), "}"));
}

}  // namespace cleat::agent
