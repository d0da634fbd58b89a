#include "usage_table.h"

#include <algorithm>

namespace cleat::metrics {
namespace {

constexpr std::chrono::seconds kOldest{60};
constexpr std::chrono::seconds kFreshContainer{10};

Use useOver(const Point& last, uint64_t cpuNs, Duration window) {
  const double seconds = std::chrono::duration<double>(window).count();
  return {last.at, window, static_cast<uint64_t>(static_cast<double>(cpuNs) / seconds), last.memoryBytes};
}

std::optional<Use> useOf(const Point* before, const Point& last) {
  const bool isSame = before != nullptr && last.cpuNs >= before->cpuNs && last.startedAt <= before->at;
  if (isSame) {
    if (last.at <= before->at) return std::nullopt;
    return useOver(last, last.cpuNs - before->cpuNs, last.at - before->at);
  }
  if (last.startedAt == WallTime{} || last.at - last.startedAt < kFreshContainer) return std::nullopt;
  return useOver(last, last.cpuNs, last.at - last.startedAt);
}

}  // namespace

void UsageTable::take(const std::string& node, NodeReading reading) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) {
    nodes_.emplace(node, Readings{std::nullopt, std::move(reading)});
    return;
  }
  Readings& known = found->second;
  // The agent has told the same again.
  if (reading.node.at == known.last.node.at) return;
  known.before = std::move(known.last);
  known.last = std::move(reading);
}

void UsageTable::keepOnly(const std::set<std::string>& nodes) {
  std::erase_if(nodes_, [&](const auto& entry) { return !nodes.contains(entry.first); });
}

std::optional<Use> UsageTable::ofNode(std::string_view node, WallTime now) const {
  const auto found = nodes_.find(node);
  if (found == nodes_.end() || !found->second.before) return std::nullopt;
  const auto& [before, last] = found->second;
  if (now - last.node.at > kOldest) return std::nullopt;
  return useOf(&before->node, last.node);
}

std::optional<PodUse> UsageTable::ofPod(std::string_view node, std::string_view pod, WallTime now) const {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return std::nullopt;
  const auto& [before, last] = found->second;
  const auto containers = last.pods.find(pod);
  if (containers == last.pods.end()) return std::nullopt;
  using Containers = std::map<std::string, Point, std::less<>>;
  const Containers* earlier = nullptr;
  if (before) {
    const auto then = before->pods.find(pod);
    if (then != before->pods.end()) earlier = &then->second;
  }
  PodUse all;
  for (const auto& [name, point] : containers->second) {
    const Point* then = nullptr;
    if (earlier != nullptr) {
      const auto same = earlier->find(name);
      if (same != earlier->end()) then = &same->second;
    }
    std::optional<Use> use = now - point.at > kOldest ? std::nullopt : useOf(then, point);
    if (!use) return std::nullopt;
    if (all.containers.empty() || use->at < all.at) {
      all.at = use->at;
      all.window = use->window;
    }
    all.containers.emplace_back(name, *use);
  }
  return all;
}

}  // namespace cleat::metrics
