#include "preemption/preemption.h"

#include <algorithm>
#include <tuple>

namespace cleat::scheduling {
namespace {

constexpr size_t kShareOfNodes = 10;  // hundredths
constexpr size_t kLeastNodes = 100;

// Times sort as their texts do; a pod that has not started starts after all others.
std::string_view startOf(const PlacedPod& placed) {
  const std::string_view start = view(placed.pod->getStatus().getStartTime());
  return start.empty() ? std::string_view("~") : start;
}

// When the first of the most important victims started.
std::string_view earliestStart(const PreemptionCandidate& candidate) {
  const int32_t highest = candidate.victims.front()->podClass->priority;
  std::string_view earliest = "~";
  for (const PlacedPod* victim : candidate.victims) {
    if (victim->podClass->priority == highest) earliest = std::min(earliest, startOf(*victim));
  }
  return earliest;
}

// The less, the better.
auto harmOf(const PreemptionCandidate& candidate) {
  int64_t sum = 0;
  // Lifted above zero, so that more victims are never less harm.
  for (const PlacedPod* victim : candidate.victims) {
    sum += int64_t(victim->podClass->priority) + (int64_t(INT32_MAX) + 1);
  }
  return std::tuple(candidate.violations, candidate.victims.front()->podClass->priority, sum, candidate.victims.size());
}

}  // namespace

bool moreImportant(const PlacedPod& a, const PlacedPod& b) {
  if (a.podClass->priority != b.podClass->priority) return a.podClass->priority > b.podClass->priority;
  return startOf(a) < startOf(b);
}

size_t Preemption::enoughOf(size_t nodes) { return std::max(nodes * kShareOfNodes / 100, kLeastNodes); }

Preemption::Trial Preemption::tryNode(NodeIndex node) {
  PreemptionCandidate candidate{node, {}, 0};
  std::vector<const PlacedPod*> without;
  for (const PlacedPod* pod : state_.nodes().row(node).pods) {
    if (pod->podClass->priority < view_.podClass().priority) without.push_back(pod);
  }
  if (without.empty()) return {};
  Room room(state_.nodes(), view_.podClass(), node);
  for (const PlacedPod* pod : without) {
    room.take(*pod, -1);
    view_.imagine(*pod, -1);
  }
  MaybeWhy why = view_.whyNotWith(node, room, without);
  if (!why) reprieve(candidate, without, room);
  for (const PlacedPod* pod : without) view_.imagine(*pod, 1);
  if (why) return {std::nullopt, why};
  std::ranges::stable_sort(candidate.victims, [](const auto* a, const auto* b) { return moreImportant(*a, *b); });
  return {std::move(candidate), std::nullopt};
}

// Lets as many stay as can, the most important first, and before all those whose budgets mind.
void Preemption::reprieve(PreemptionCandidate& candidate, std::vector<const PlacedPod*>& without, Room& room) {
  std::vector<const PlacedPod*> order = without;
  std::ranges::stable_sort(order, [](const auto* a, const auto* b) { return moreImportant(*a, *b); });
  const std::vector<bool> violated = budgets_.violated(order);
  for (const bool minded : {true, false}) {
    for (size_t i = 0; i < order.size(); ++i) {
      if (violated[i] != minded) continue;
      const PlacedPod* pod = order[i];
      room.take(*pod, 1);
      view_.imagine(*pod, 1);
      std::erase(without, pod);
      if (!view_.whyNotWith(candidate.node, room, without)) continue;
      room.take(*pod, -1);
      view_.imagine(*pod, -1);
      without.push_back(pod);
      candidate.victims.push_back(pod);
      candidate.violations += minded;
    }
  }
}

std::optional<PreemptionCandidate> Preemption::best(std::vector<PreemptionCandidate> candidates) {
  std::erase_if(candidates, [](const PreemptionCandidate& candidate) { return candidate.victims.empty(); });
  if (candidates.empty()) return std::nullopt;
  auto less = [](const PreemptionCandidate& a, const PreemptionCandidate& b) {
    const auto harmOfA = harmOf(a), harmOfB = harmOf(b);
    if (harmOfA != harmOfB) return harmOfA < harmOfB;
    return earliestStart(a) > earliestStart(b);
  };
  return std::move(*std::ranges::min_element(candidates, less));
}

}  // namespace cleat::scheduling
