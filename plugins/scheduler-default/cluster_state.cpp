#include "cluster_state.h"

#include <algorithm>

namespace cleat::scheduling {
namespace {

bool finished(const Object<Pod>& pod) {
  std::string_view phase = view(pod->getStatus().getPhase());
  return phase == "Succeeded" || phase == "Failed";
}

}  // namespace

std::string ownerOf(const AnyRef& pod) {
  auto owner = controllerOf(pod.meta());
  return owner ? str(owner->getUid()) : std::string();
}

void ClusterState::setNode(const Object<Node>& node) {
  NodeState& state = nodes_[std::string(node.name())];
  state.node = node;
  state.allocatable = amountsIn(node->getStatus().getAllocatable());
}

void ClusterState::removeNode(const std::string& name) {
  auto found = nodes_.find(name);
  if (found == nodes_.end()) return;
  found->second.node = {};
  if (found->second.taken.pods == 0) nodes_.erase(found);
}

void ClusterState::setPod(const Object<Pod>& pod, const std::string& node) {
  removePod(std::string(pod.uid()));
  if (finished(pod) || node.empty()) return;
  PlacedPod& placed = placed_[std::string(pod.uid())];
  placed = {pod, node, requestOf(pod->getSpec()), takenHostPorts(pod->getSpec()), ownerOf(pod), podTermsOf(pod)};
  apply(placed, 1);
  index(placed);
}

void ClusterState::removePod(const std::string& uid) {
  auto found = placed_.find(uid);
  if (found == placed_.end()) return;
  apply(found->second, -1);
  unindex(found->second);
  auto state = nodes_.find(found->second.node);
  if (!state->second.node && state->second.taken.pods == 0) nodes_.erase(state);
  placed_.erase(found);
}

void ClusterState::setNamespace(const Object<Namespace>& ns) { namespaces_[std::string(ns.name())] = ns; }

void ClusterState::removeNamespace(const std::string& name) { namespaces_.erase(name); }

const NodeState* ClusterState::nodeOf(const PlacedPod& placed) const {
  const NodeState& state = nodes_.at(placed.node);
  return state.node ? &state : nullptr;
}

TextMapReader ClusterState::namespaceLabels(const std::string& ns) const {
  auto found = namespaces_.find(ns);
  return found == namespaces_.end() ? TextMapReader() : found->second.meta().getLabels();
}

void ClusterState::index(const PlacedPod& placed) {
  byNamespace_[std::string(placed.pod.ns())].insert(&placed);
  if (placed.terms) withTerms_.insert(&placed);
}

void ClusterState::unindex(const PlacedPod& placed) {
  auto pods = byNamespace_.find(std::string(placed.pod.ns()));
  pods->second.erase(&placed);
  if (pods->second.empty()) byNamespace_.erase(pods);
  withTerms_.erase(&placed);
}

void ClusterState::apply(const PlacedPod& placed, int sign) {
  NodeState& state = nodes_[placed.node];
  state.taken.add(placed.request, sign);
  if (!placed.owner.empty() && (state.replicas[placed.owner] += sign) == 0) state.replicas.erase(placed.owner);
  for (const HostPort& port : placed.ports) {
    if (sign > 0) {
      state.ports.push_back(port);
    } else if (auto at = std::ranges::find(state.ports, port); at != state.ports.end()) {
      state.ports.erase(at);
    }
  }
}

}  // namespace cleat::scheduling
