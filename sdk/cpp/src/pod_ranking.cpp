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
int magnitude(std::optional<WallTime> since, WallTime now) {
  if (!since || *since >= now) return -1;
  return std::bit_width(static_cast<uint64_t>((now - *since).count())) - 1;
}

}  // namespace

DeletionTraits deletionTraits(const Object<Pod>& pod) {
  DeletionTraits traits{.uid = pod.uid(),
                        .node = view(pod->getSpec().getNodeName()),
                        .isActive = isActive(pod),
                        .isReady = isReady(pod),
                        .phase = phaseRank(view(pod->getStatus().getPhase())),
                        .cost = deletionCost(pod),
                        .restarts = restartsOf(pod),
                        .readySince = {},
                        .created = parseTime(pod.meta().getCreationTimestamp())};
  auto ready = findCondition(pod->getStatus().getConditions(), "Ready");
  if (ready && traits.isReady) traits.readySince = parseTime(ready->getLastTransitionTime());
  return traits;
}

std::vector<size_t> firstToDelete(std::span<const DeletionTraits* const> pods,
                                  std::span<const DeletionTraits* const> related, WallTime now, size_t count) {
  std::unordered_map<std::string_view, int> onNode;
  for (const DeletionTraits* pod : related) {
    if (pod->isActive) ++onNode[pod->node];
  }
  // Of each once, and not at every comparison: there may be ten thousand.
  auto rank = [&](const DeletionTraits& pod) {
    return std::make_tuple(!pod.node.empty(), pod.phase, pod.isReady, pod.cost,
                           pod.node.empty() ? 0 : -onNode[pod.node], magnitude(pod.readySince, now),
                           -pod.restarts.containers, -pod.restarts.sidecars, magnitude(pod.created, now), pod.uid);
  };
  std::vector<std::pair<decltype(rank(*pods.front())), size_t>> ranks;
  ranks.reserve(pods.size());
  for (size_t i = 0; i < pods.size(); ++i) ranks.emplace_back(rank(*pods[i]), i);
  const auto end = ranks.begin() + static_cast<ptrdiff_t>(std::min(count, ranks.size()));
  std::ranges::partial_sort(ranks, end);
  std::vector<size_t> places;
  std::transform(ranks.begin(), end, std::back_inserter(places), [](const auto& ranked) { return ranked.second; });
  return places;
}

void rankForDeletion(std::vector<Object<Pod>>& pods, const std::vector<Object<Pod>>& related, WallTime now) {
  auto traitsOf = [](const std::vector<Object<Pod>>& all) {
    std::vector<DeletionTraits> traits;
    for (const Object<Pod>& pod : all) traits.push_back(deletionTraits(pod));
    return traits;
  };
  auto pointersTo = [](const std::vector<DeletionTraits>& all) {
    std::vector<const DeletionTraits*> pointers;
    for (const DeletionTraits& traits : all) pointers.push_back(&traits);
    return pointers;
  };
  const std::vector<DeletionTraits> own = traitsOf(pods), others = traitsOf(related);
  std::vector<Object<Pod>> ranked;
  for (const size_t i : firstToDelete(pointersTo(own), pointersTo(others), now, pods.size())) ranked.push_back(pods[i]);
  pods = std::move(ranked);
}

}  // namespace cleat
