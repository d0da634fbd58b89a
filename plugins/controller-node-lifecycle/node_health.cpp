#include "node_health.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <vector>

namespace cleat::lifecycle {
namespace {

constexpr const char* kNoExecute = "NoExecute";
constexpr const char* kVouchedFor[] = {"Ready", "MemoryPressure", "DiskPressure", "PIDPressure"};

bool isLeaveTaint(core_v1::Taint::Reader taint) {
  const std::string_view key = view(taint.getKey());
  return view(taint.getEffect()) == kNoExecute && (key == kNotReadyTaint || key == kUnreachableTaint);
}

}  // namespace

void NodeHealth::see(const Object<Node>& node, const Object<Lease>& lease, Instant now, WallTime wallNow) {
  auto ready = findCondition(node->getStatus().getConditions(), "Ready");
  const std::string heartbeat = ready ? str(ready->getLastHeartbeatTime()) : std::string();
  const std::string renewal = lease ? str(lease->getSpec().getRenewTime()) : std::string();
  auto [found, first] = nodes_.try_emplace(str(node.name()));
  Seen& seen = found->second;
  if (first || seen.uid != node.uid()) {
    seen = {str(node.uid()), now, heartbeat, renewal};
    // One that has never said anything has had the time since it was made.
    if (auto made = ready ? std::nullopt : parseTime(node.meta().getCreationTimestamp())) {
      seen.at -= std::max(Duration::zero(), std::chrono::duration_cast<Duration>(wallNow - *made));
    }
    return;
  }
  if (heartbeat == seen.heartbeat && renewal == seen.renewal) return;
  // What this controller has written itself, when the node never did, is no sign of life.
  const bool bySelf = renewal == seen.renewal && ready && view(ready->getReason()) == "NodeStatusNeverUpdated";
  if (!bySelf) seen.at = now;
  seen.heartbeat = heartbeat;
  seen.renewal = renewal;
}

bool NodeHealth::isSilent(const Object<Node>& node, Instant now) const {
  auto seen = nodes_.find(str(node.name()));
  if (seen == nodes_.end()) return false;
  return now - seen->second.at > (readiness(node).empty() ? grace_.startup : grace_.silence);
}

void NodeHealth::excuse(Duration deaf) {
  for (auto& [name, seen] : nodes_) seen.at += deaf;
}

void NodeHealth::beginAnew(Instant now) {
  for (auto& [name, seen] : nodes_) seen.at = now;
}

std::string_view readiness(const Object<Node>& node) {
  auto ready = findCondition(node->getStatus().getConditions(), "Ready");
  return ready ? view(ready->getStatus()) : std::string_view();
}

std::optional<Draft<Node>> silenced(const Object<Node>& node, WallTime now) {
  Draft<Node> draft(node);
  bool changed = false;
  for (const char* type : kVouchedFor) {
    auto before = findCondition(node->getStatus().getConditions(), type);
    if (before && view(before->getStatus()) == "Unknown") continue;
    changed |= setCondition<core_v1::NodeCondition>(
        draft->getStatus(),
        {.type = type,
         .status = "Unknown",
         .reason = before ? "NodeStatusUnknown" : "NodeStatusNeverUpdated",
         .message = before ? "Kubelet stopped posting node status." : "Kubelet never posted node status.",
         .lastTransitionTime = formatTime(now)});
    if (before) continue;
    for (auto condition : draft->getStatus().getConditions()) {
      if (view(condition.getType().asReader()) != type) continue;
      condition.setLastHeartbeatTime(node.meta().getCreationTimestamp());
    }
  }
  if (!changed) return std::nullopt;
  return draft;
}

bool hasTaint(const Object<Node>& node, std::string_view key) {
  for (auto taint : node->getSpec().getTaints()) {
    if (isLeaveTaint(taint) && view(taint.getKey()) == key) return true;
  }
  return false;
}

std::optional<Draft<Node>> withTaint(const Object<Node>& node, std::string_view key, WallTime now) {
  std::vector<core_v1::Taint::Reader> kept;
  auto taints = node->getSpec().getTaints();
  for (auto taint : taints) {
    if (!isLeaveTaint(taint) || view(taint.getKey()) == key) kept.push_back(taint);
  }
  const bool missing = !key.empty() && !hasTaint(node, key);
  if (!missing && kept.size() == taints.size()) return std::nullopt;
  Draft<Node> draft(node);
  auto spec = draft->getSpec();
  auto list = extended<core_v1::Taint>(listOf<core_v1::Taint>(orphanageOf(spec), kept), orphanageOf(spec), missing);
  if (missing) {
    auto taint = list.get()[static_cast<uint32_t>(kept.size())];
    taint.setKey(str(key));
    taint.setEffect(kNoExecute);
    taint.setTimeAdded(formatTime(now));
  }
  spec.adoptTaints(std::move(list));
  return draft;
}

}  // namespace cleat::lifecycle
