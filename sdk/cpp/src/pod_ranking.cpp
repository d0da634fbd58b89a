#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_ranking.h>
#include <cleat/sdk/pod_state.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>

namespace cleat {
namespace {

using core_v1::Pod;

constexpr std::string_view kDeletionCost = "controller.kubernetes.io/pod-deletion-cost";

int phaseRank(std::string_view phase) { return phase == "Pending" ? 0 : phase == "Unknown" ? 1 : 2; }

int64_t deletionCost(const Object<Pod>& pod) {
  std::string_view text = annotation(pod.meta(), kDeletionCost).value_or("0");
  int32_t cost = 0;
  std::from_chars(text.data(), text.data() + text.size(), cost);
  return cost;
}

// The magnitude of what has passed since; -1 for a time to come or none at all, which is young.
int magnitude(capnp::Text::Reader time, WallTime now) {
  auto since = parseTime(time);
  if (!since || *since >= now) return -1;
  return std::bit_width(static_cast<uint64_t>((now - *since).count())) - 1;
}

int readyMagnitude(const Object<Pod>& pod, WallTime now) {
  auto condition = findCondition(pod->getStatus().getConditions(), "Ready");
  return condition && isReady(pod) ? magnitude(condition->getLastTransitionTime(), now) : -1;
}

}  // namespace

void rankForDeletion(std::vector<Object<Pod>>& pods, const std::vector<Object<Pod>>& related, WallTime now) {
  std::unordered_map<std::string_view, int> onNode;
  for (const Object<Pod>& pod : related) {
    if (isActive(pod)) ++onNode[view(pod->getSpec().getNodeName())];
  }
  // Of each once, and not at every comparison: there may be ten thousand.
  auto rank = [&](const Object<Pod>& pod) {
    const std::string_view node = view(pod->getSpec().getNodeName());
    const Restarts restarts = restartsOf(pod);
    return std::make_tuple(!node.empty(), phaseRank(view(pod->getStatus().getPhase())), isReady(pod), deletionCost(pod),
                           node.empty() ? 0 : -onNode[node], readyMagnitude(pod, now), -restarts.containers,
                           -restarts.sidecars, magnitude(pod.meta().getCreationTimestamp(), now), pod.uid());
  };
  std::vector<std::pair<decltype(rank(pods.front())), size_t>> ranks;
  ranks.reserve(pods.size());
  for (size_t i = 0; i < pods.size(); ++i) ranks.emplace_back(rank(pods[i]), i);
  std::ranges::sort(ranks);
  std::vector<Object<Pod>> ranked;
  ranked.reserve(pods.size());
  for (const auto& [_, i] : ranks) ranked.push_back(std::move(pods[i]));
  pods = std::move(ranked);
}

}  // namespace cleat
