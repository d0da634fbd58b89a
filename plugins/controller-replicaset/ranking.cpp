#include "ranking.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

namespace cleat {
namespace {

constexpr std::string_view kDeletionCost = "controller.kubernetes.io/pod-deletion-cost";

int phaseRank(std::string_view phase) { return phase == "Pending" ? 0 : phase == "Unknown" ? 1 : 2; }

int64_t deletionCost(const Object<Pod>& pod) {
  std::string_view text = annotation(pod.meta(), kDeletionCost).value_or("0");
  int32_t cost = 0;
  std::from_chars(text.data(), text.data() + text.size(), cost);
  return cost;
}

int64_t restarts(const Object<Pod>& pod) {
  int64_t most = 0;
  for (auto status : pod->getStatus().getContainerStatuses()) most = std::max<int64_t>(most, status.getRestartCount());
  return most;
}

std::string readySince(const Object<Pod>& pod) {
  auto condition = findCondition(pod->getStatus().getConditions(), "Ready");
  return condition ? str(condition->getLastTransitionTime()) : std::string();
}

// RFC 3339 times in UTC with seconds sort as texts; the younger comes first, so the order is turned round.
struct Younger {
  std::string time;
  bool operator<(const Younger& other) const { return time > other.time; }
  bool operator==(const Younger&) const = default;
};

}  // namespace

bool isReady(core_v1::PodStatus::Reader status) { return conditionIs(status.getConditions(), "Ready", "True"); }

std::optional<Duration> untilAvailable(core_v1::PodStatus::Reader status, Duration minReady, WallTime now) {
  auto condition = findCondition(status.getConditions(), "Ready");
  if (!condition || view(condition->getStatus()) != "True") return std::nullopt;
  if (minReady == Duration::zero()) return Duration::zero();
  auto since = parseTime(condition->getLastTransitionTime());
  if (!since) return std::nullopt;
  return std::max(Duration::zero(), std::chrono::duration_cast<Duration>(*since + minReady - now));
}

bool isActive(const Object<Pod>& pod) {
  std::string_view phase = view(pod->getStatus().getPhase());
  return phase != "Succeeded" && phase != "Failed" && !deletionPending(pod.meta());
}

void rankForDeletion(std::vector<Object<Pod>>& pods) {
  std::map<std::string, int> onNode;
  for (const Object<Pod>& pod : pods) {
    if (isActive(pod)) ++onNode[str(pod->getSpec().getNodeName())];
  }
  auto rank = [&](const Object<Pod>& pod) {
    const std::string node = str(pod->getSpec().getNodeName());
    return std::make_tuple(!node.empty(), phaseRank(view(pod->getStatus().getPhase())), isReady(pod->getStatus()),
                           deletionCost(pod), -(node.empty() ? 0 : onNode[node]), Younger{readySince(pod)},
                           -restarts(pod), Younger{str(pod.meta().getCreationTimestamp())}, str(pod.name()));
  };
  std::ranges::sort(pods, [&](const Object<Pod>& a, const Object<Pod>& b) { return rank(a) < rank(b); });
}

}  // namespace cleat
