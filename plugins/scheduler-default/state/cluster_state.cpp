#include "state/cluster_state.h"

#include <capnp/any.h>
#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat::scheduling {
namespace {

bool hasEnded(const Object<Pod>& pod) {
  const std::string_view phase = view(pod->getStatus().getPhase());
  return phase == "Succeeded" || phase == "Failed";
}

std::string groupOf(const Object<Pod>& pod) {
  const std::string_view name = view(pod->getSpec().getSchedulingGroup().getPodGroupName());
  return name.empty() ? std::string() : keyOf(pod.ns(), name);
}

}  // namespace

void ClusterState::setTogether(const std::string& group, bool together) {
  if (together) {
    together_.insert(group);
  } else {
    together_.erase(group);
  }
}

std::vector<const PlacedPod*> ClusterState::goTogether(const PlacedPod& pod) const {
  if (together_.empty()) return {&pod};
  const std::string group = groupOf(pod.pod);
  auto members = groups_.find(group);
  if (members == groups_.end() || !together_.contains(group)) return {&pod};
  return members->second;
}

NodeIndex ClusterState::setNode(const Object<Node>& node) {
  const NodeIndex index = nodes_.indexOf(node.name());
  const bool shape = nodes_.set(index, node, classes_);
  note(index, shape ? JournalEntry::What::shape : JournalEntry::What::node);
  return index;
}

void ClusterState::removeNode(std::string_view name) {
  const NodeIndex index = nodes_.find(name);
  if (index == kNoNode || !nodes_.isPresent(index)) return;
  nodes_.clear(index);
  note(index, JournalEntry::What::shape);
  nodes_.forgetIfUnused(index);
}

void ClusterState::setPod(const Object<Pod>& pod, std::string_view node) {
  const bool ended = hasEnded(pod) || node.empty();
  const bool leaving = deletionPending(pod.meta());
  const ClassRef podClass = ended ? nullptr : classes_.of(pod);
  if (auto found = placed_.find(pod.uid()); found != placed_.end()) {
    PlacedPod& known = found->second;
    if (!ended && known.leaving == leaving && nodes_.row(known.node).name == node && known.podClass == podClass) {
      const bool sameStart = known.started == view(pod->getStatus().getStartTime());
      known.pod = pod;
      known.started = view(pod->getStatus().getStartTime());
      if (!sameStart) note(known.node, JournalEntry::What::room);
      return;
    }
    removePod(pod.uid());
  }
  if (ended) return;
  withdrawNomination(pod.uid());
  PlacedPod added{pod, podClass, nodes_.indexOf(node), leaving, false, view(pod->getStatus().getStartTime())};
  const auto at = placed_.emplace(str(pod.uid()), std::move(added)).first;
  apply(at->second, 1);
}

void ClusterState::removePod(std::string_view uid) {
  auto found = placed_.find(uid);
  if (found == placed_.end()) return;
  const NodeIndex node = found->second.node;
  apply(found->second, -1);
  placed_.erase(found);
  nodes_.forgetIfUnused(node);
}

void ClusterState::setEvicted(std::string_view uid, bool evicted) {
  auto found = placed_.find(uid);
  if (found != placed_.end()) found->second.evicted = evicted;
}

const PlacedPod* ClusterState::placed(std::string_view uid) const {
  auto found = placed_.find(uid);
  return found == placed_.end() ? nullptr : &found->second;
}

void ClusterState::apply(const PlacedPod& placed, int sign) {
  nodes_.addRequests(placed.node, *placed.podClass, sign);
  auto& pods = nodes_.row(placed.node).pods;
  if (sign > 0) {
    pods.push_back(&placed);
  } else {
    std::erase(pods, &placed);
  }
  count(placed, sign);
  if (std::string group = groupOf(placed.pod); !group.empty()) {
    auto& members = groups_[group];
    if (sign > 0) {
      members.push_back(&placed);
    } else {
      std::erase(members, &placed);
      if (members.empty()) groups_.erase(group);
    }
  }
  for (const ClaimUse& claim : placed.podClass->claims) {
    claimUsers_[keyOf(placed.podClass->ns, claim.name)] += sign;
  }
  journal_.add({placed.node, JournalEntry::What::pod, static_cast<int8_t>(sign), placed.leaving, placed.podClass});
}

void ClusterState::count(const PlacedPod& placed, int sign) {
  const PodClass& podClass = *placed.podClass;
  auto byNamespace = places_.try_emplace(podClass.ns).first;
  ClassPlaces& places = byNamespace->second[podClass.id];
  if (!places.podClass) {
    places.podClass = placed.podClass;
    if (podClass.terms) withTerms_.insert(&places);
  }
  auto& here = places.nodes[placed.node];
  here.pods += sign;
  here.leaving += placed.leaving ? sign : 0;
  if (here.pods != 0) return;
  places.nodes.erase(placed.node);
  if (!places.nodes.empty()) return;
  withTerms_.erase(&places);
  byNamespace->second.erase(podClass.id);
  if (byNamespace->second.empty()) places_.erase(byNamespace);
}

int ClusterState::claimUsers(const std::string& key) const {
  auto found = claimUsers_.find(key);
  return found == claimUsers_.end() ? 0 : found->second;
}

void ClusterState::nominate(const Object<Pod>& pod, std::string_view node) {
  if (const Nomination* known = nomination(pod.uid()); known != nullptr && nodes_.row(known->node).name == node) return;
  withdrawNomination(pod.uid());
  auto [at, added] = nominations_.emplace(str(pod.uid()), Nomination{pod, classes_.of(pod), nodes_.indexOf(node)});
  nodes_.nominate(at->second);
  note(at->second.node, JournalEntry::What::room);
}

void ClusterState::withdrawNomination(std::string_view uid) {
  auto found = nominations_.find(uid);
  if (found == nominations_.end()) return;
  const NodeIndex node = found->second.node;
  nodes_.withdraw(found->second);
  nominations_.erase(found);
  note(node, JournalEntry::What::room);
  nodes_.forgetIfUnused(node);
}

const Nomination* ClusterState::nomination(std::string_view uid) const {
  auto found = nominations_.find(uid);
  return found == nominations_.end() ? nullptr : &found->second;
}

void ClusterState::setDeviceClass(const Object<DeviceClass>& deviceClass) {
  devices_.setClass(deviceClass);
  resourcesRead_ = 0;
  readDeviceResources();
}

void ClusterState::removeDeviceClass(const std::string& name) {
  devices_.eraseClass(name);
  resourcesRead_ = 0;
  readDeviceResources();
}

void ClusterState::prepareFor(const PodClass& podClass) {
  for (const auto& [resource, amount] : podClass.requests) nodes_.haveResource(resource);
  for (const uint32_t resource : {kCpu, kMemory}) nodes_.haveResource(resource);
  readDeviceResources();
}

// A resource that devices provide from now on, or no longer, is another one on every node.
void ClusterState::readDeviceResources() {
  const ResourceNames& names = classes_.resources();
  bool news = false;
  for (; resourcesRead_ < names.size(); ++resourcesRead_) {
    const auto resource = static_cast<uint32_t>(resourcesRead_);
    if (nodes_.setFromDevices(resource, !devices_.classFor(names.text(resource)).empty())) news = true;
  }
  if (!news) return;
  for (NodeIndex node = 0; node < nodes_.size(); ++node) {
    if (nodes_.isPresent(node)) note(node, JournalEntry::What::room);
  }
}

bool ClusterState::wantsDevices(const PodClass& podClass) const {
  return podClass.wantsDevices || std::ranges::any_of(podClass.requests, [&](const auto& request) {
           return nodes_.mayBeFromDevices(request.first);
         });
}

void ClusterState::setNamespace(const Object<Namespace>& ns) {
  Object<Namespace>& known = namespaces_[str(ns.name())];
  const bool same = known && capnp::toAny(known.meta().getLabels()) == capnp::toAny(ns.meta().getLabels());
  known = ns;
  if (!same) ++namespacesVersion_;
}

void ClusterState::removeNamespace(std::string_view name) {
  auto found = namespaces_.find(name);
  if (found == namespaces_.end()) return;
  namespaces_.erase(found);
  ++namespacesVersion_;
}

TextMapReader ClusterState::namespaceLabels(std::string_view ns) const {
  auto found = namespaces_.find(ns);
  return found == namespaces_.end() ? TextMapReader() : found->second.meta().getLabels();
}

}  // namespace cleat::scheduling
