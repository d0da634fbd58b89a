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
  without_.clear();
  for (const PlacedPod* pod : state_.nodes().row(node).pods) {
    if (pod->podClass->priority < view_.podClass().priority) without_.push_back(pod);
  }
  if (without_.empty()) return {};
  room_.lookAt(node);
  for (const PlacedPod* pod : without_) {
    room_.take(*pod, -1);
    view_.imagine(*pod, -1);
  }
  Trial trial{std::nullopt, view_.whyNotWith(node, room_, without_)};
  if (!trial.why) {
    trial.candidate = PreemptionCandidate{node, {}, 0};
    reprieve(*trial.candidate);
  }
  for (const PlacedPod* pod : without_) view_.imagine(*pod, 1);
  return trial;
}

// Lets as many stay as can, the most important first, and before all those whose budgets mind.
void Preemption::reprieve(PreemptionCandidate& candidate) {
  auto byImportance = [](const auto* a, const auto* b) { return moreImportant(*a, *b); };
  order_ = without_;
  std::ranges::sort(order_, byImportance);
  const std::vector<bool> violated = budgets_.violated(order_);
  for (const bool minded : {true, false}) {
    for (size_t i = 0; i < order_.size(); ++i) {
      if (violated[i] != minded) continue;
      const PlacedPod* pod = order_[i];
      room_.take(*pod, 1);
      view_.imagine(*pod, 1);
      std::erase(without_, pod);
      if (!view_.whyNotWith(candidate.node, room_, without_)) continue;
      room_.take(*pod, -1);
      view_.imagine(*pod, -1);
      without_.push_back(pod);
      candidate.victims.push_back(pod);
      candidate.violations += minded;
    }
  }
  std::ranges::sort(candidate.victims, byImportance);
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
