#include "preemption/preemption.h"

#include <algorithm>

namespace cleat::scheduling {
namespace {

constexpr size_t kShareOfNodes = 10;  // hundredths
constexpr size_t kLeastNodes = 100;

// Times sort as their texts do; a pod that has not started starts after all others.
std::string_view startOf(const PlacedPod& placed) {
  return placed.started.empty() ? std::string_view("~") : placed.started;
}

}  // namespace

bool moreImportant(const PlacedPod& a, const PlacedPod& b) {
  if (a.podClass->priority != b.podClass->priority) return a.podClass->priority > b.podClass->priority;
  return startOf(a) < startOf(b);
}

size_t Preemption::enoughOf(size_t nodes) { return std::max(nodes * kShareOfNodes / 100, kLeastNodes); }

void PreemptionCandidate::weigh() {
  // Lifted above zero, so that more victims are never less harm.
  int64_t sum = 0;
  earliest = "~";
  const int32_t highest = victims.empty() ? 0 : victims.front()->podClass->priority;
  for (const PlacedPod* victim : victims) {
    sum += int64_t(victim->podClass->priority) + (int64_t(INT32_MAX) + 1);
    if (victim->podClass->priority == highest) earliest = std::min(earliest, startOf(*victim));
  }
  harm = {violations, highest, sum, victims.size()};
}

bool Preemption::isBetter(const PreemptionCandidate& a, const PreemptionCandidate& b) {
  return a.harm != b.harm ? a.harm < b.harm : a.earliest > b.earliest;
}

void Preemption::catchUp() {
  const Journal& journal = state_.journal();
  // Who goes together with others is elsewhere, too.
  const bool anew = view_.dependsOnOthers() || state_.anyTogether() || !journal.has(journal_) ||
                    budgets_.version() != budgetsVersion_;
  if (anew) {
    tried_.assign(state_.nodes().size(), 0);
  } else {
    tried_.resize(state_.nodes().size(), 0);
    for (uint64_t at = journal_; at < journal.end(); ++at) tried_[journal.at(at).node] = 0;
  }
  trials_.resize(tried_.size());
  journal_ = journal.end();
  budgetsVersion_ = budgets_.version();
}

const Preemption::Trial& Preemption::trialOf(NodeIndex node) {
  if (tried_[node] == 0) {
    trials_[node] = tryNode(node);
    tried_[node] = 1;
  }
  return trials_[node];
}

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
  addOthers(candidate);
  std::ranges::sort(candidate.victims, byImportance);
  candidate.weigh();
}

void Preemption::addOthers(PreemptionCandidate& candidate) const {
  if (!state_.anyTogether()) return;
  std::vector<const PlacedPod*> all;
  for (const PlacedPod* victim : candidate.victims) {
    for (const PlacedPod* pod : state_.goTogether(*victim)) {
      const bool mayGo = pod == victim || pod->podClass->priority < view_.podClass().priority;
      if (mayGo && std::ranges::find(all, pod) == all.end()) all.push_back(pod);
    }
  }
  std::ranges::sort(all, [](const auto* a, const auto* b) { return moreImportant(*a, *b); });
  const std::vector<bool> violated = budgets_.violated(all);
  candidate.violations = std::ranges::count(violated, true);
  candidate.victims = std::move(all);
}

}  // namespace cleat::scheduling
