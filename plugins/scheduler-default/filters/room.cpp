#include "filters/room.h"

#include <algorithm>

namespace cleat::scheduling {
namespace {

bool anyCollides(const std::vector<HostPort>& wanted, const std::vector<HostPort>& used) {
  return std::ranges::any_of(wanted, [&](const HostPort& port) {
    return std::ranges::any_of(used, [&](const HostPort& other) { return collide(port, other); });
  });
}

// Whether it is more than the node has even when it is empty, which no preemption mends.
Why tooMuch(const NodeTable& nodes, const PodClass& podClass, NodeIndex node, uint64_t detail) {
  bool preemptable = true;
  for (size_t i = 0; i < podClass.requests.size(); ++i) {
    const auto& [resource, amount] = podClass.requests[i];
    if ((detail >> i & 1) != 0 && amount > nodes.allocatable(resource)[node]) preemptable = false;
  }
  return {Judge::nodeResourcesFit, detail, preemptable};
}

// What is left to others to judge: by the profile, or because devices provide it on that node.
uint64_t withoutIgnored(uint64_t detail, const NodeTable& nodes, const PodClass& podClass, NodeIndex node,
                        const Profile& profile) {
  if (detail == 0) return detail;
  const bool looksForDevices = profile.has(Judge::dynamicResources);
  for (size_t i = 0; i < podClass.requests.size(); ++i) {
    const uint32_t resource = podClass.requests[i].first;
    const bool isLeft = (looksForDevices && nodes.isFromDevices(resource, node)) ||
                        std::ranges::find(profile.ignored, resource) != profile.ignored.end();
    if (isLeft) detail &= ~(uint64_t(1) << i);
  }
  return detail;
}

}  // namespace

void Room::lookAt(NodeIndex node) {
  node_ = node;
  pods_ = nodes_.mostPods()[node] - nodes_.pods()[node];
  without_.clear();
  left_.clear();
  for (const auto& [resource, amount] : class_.requests) {
    left_.push_back(nodes_.allocatable(resource)[node] - nodes_.requested(resource)[node]);
  }
  if (nodes_.nominated()[node] == 0) return;
  for (const Nomination* nomination : nodes_.row(node).nominations) {
    if (nomination->podClass->priority < class_.priority) continue;
    --pods_;
    for (size_t i = 0; i < left_.size(); ++i) {
      left_[i] -= amountOf(nomination->podClass->requests, class_.requests[i].first);
    }
  }
}

void Room::take(const PlacedPod& pod, int sign) {
  pods_ -= sign;
  for (size_t i = 0; i < left_.size(); ++i) {
    left_[i] -= sign * amountOf(pod.podClass->requests, class_.requests[i].first);
  }
  if (class_.ports.empty()) return;
  if (sign < 0) {
    without_.push_back(&pod);
  } else {
    std::erase(without_, &pod);
  }
}

void Room::giveBack(const PodClass& other) {
  ++pods_;
  for (size_t i = 0; i < left_.size(); ++i) left_[i] += amountOf(other.requests, class_.requests[i].first);
}

bool Room::portsTaken() const {
  if (class_.ports.empty()) return false;
  const NodeRow& row = nodes_.row(node_);
  for (const PlacedPod* pod : row.pods) {
    if (std::ranges::find(without_, pod) == without_.end() && anyCollides(class_.ports, pod->podClass->ports))
      return true;
  }
  return std::ranges::any_of(row.nominations, [&](const Nomination* nomination) {
    return nomination->podClass->priority >= class_.priority && anyCollides(class_.ports, nomination->podClass->ports);
  });
}

MaybeWhy Room::whyNot(const Profile& profile) const {
  if (profile.has(Judge::nodePorts) && portsTaken()) return Why{Judge::nodePorts, 0, true};
  if (!profile.has(Judge::nodeResourcesFit)) return std::nullopt;
  uint64_t detail = pods_ < 1 ? kTooManyPods : 0;
  for (size_t i = 0; i < left_.size(); ++i) {
    if (class_.requests[i].second > left_[i]) detail |= uint64_t(1) << i;
  }
  detail = withoutIgnored(detail, nodes_, class_, node_, profile);
  if (detail == 0) return std::nullopt;
  return tooMuch(nodes_, class_, node_, detail);
}

MaybeWhy whyNoRoom(const NodeTable& nodes, const PodClass& podClass, NodeIndex node, const Profile& profile) {
  const bool simple = podClass.ports.empty() && nodes.nominated()[node] == 0 && profile.has(Judge::nodeResourcesFit);
  if (!simple) return Room(nodes, podClass, node).whyNot(profile);
  uint64_t detail = nodes.pods()[node] + 1 > nodes.mostPods()[node] ? kTooManyPods : 0;
  for (size_t i = 0; i < podClass.requests.size(); ++i) {
    const auto& [resource, amount] = podClass.requests[i];
    if (amount > nodes.allocatable(resource)[node] - nodes.requested(resource)[node]) detail |= uint64_t(1) << i;
  }
  detail = withoutIgnored(detail, nodes, podClass, node, profile);
  if (detail == 0) return std::nullopt;
  return tooMuch(nodes, podClass, node, detail);
}

}  // namespace cleat::scheduling
