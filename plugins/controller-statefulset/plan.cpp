#include "plan.h"

#include <cleat/sdk/controller_revisions.h>
#include <cleat/sdk/int_or_percent.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_state.h>

#include <algorithm>

namespace cleat::statefulset {
namespace {

Duration minReadyOf(const Object<StatefulSet>& set) {
  return std::chrono::seconds(set->getSpec().getMinReadySeconds());
}

bool runs(const Object<Pod>& pod) { return view(pod->getStatus().getPhase()) == "Running" && isReady(pod); }

bool isOf(const Object<Pod>& pod, std::string_view revision) {
  return label(pod.meta(), kRevisionHashLabel) == revision;
}

bool isRolling(const Object<StatefulSet>& set) {
  return view(set->getSpec().getUpdateStrategy().getType()) == "RollingUpdate";
}

// The first number of those that an update reaches.
int64_t updatedFrom(const Object<StatefulSet>& set) {
  auto strategy = set->getSpec().getUpdateStrategy();
  return ordinalsOf(set).first + valueOr(strategy.getRollingUpdate().getPartition(), 0);
}

int64_t maxUnavailableOf(const Object<StatefulSet>& set) {
  auto rolling = set->getSpec().getUpdateStrategy().getRollingUpdate();
  if (!rolling.hasMaxUnavailable()) return 1;
  const auto bound = scaledValue(rolling.getMaxUnavailable(), ordinalsOf(set).count, Rounding::up);
  return std::max<int64_t>(bound.value_or(1), 1);
}

class Planner {
 public:
  explicit Planner(const Situation& situation)
      : situation_(situation), set_(situation.set), ordinals_(ordinalsOf(set_)),
        ordered_(view(set_->getSpec().getPodManagementPolicy()) != "Parallel") {
    places_.resize(static_cast<size_t>(ordinals_.count));
    for (const Object<Pod>& pod : situation.pods) {
      const auto ordinal = ordinalOf(set_, pod);
      if (!ordinal) continue;
      if (ordinals_.contains(*ordinal)) {
        places_[static_cast<size_t>(*ordinal - ordinals_.first)] = pod;
      } else {
        surplus_.push_back(pod);
      }
    }
    std::ranges::sort(surplus_, {}, [this](const Object<Pod>& pod) { return -ordinalOf(set_, pod).value_or(0); });
  }

  Actions plan() {
    for (size_t i = 0; i < places_.size(); ++i) {
      if (keepManned(i) == Next::wait && ordered_) return std::move(actions_);
    }
    for (const Object<Pod>& pod : surplus_) {
      if (situation_.claimsOwned && !situation_.claimsOwned(pod)) actions_.repair.push_back(pod);
    }
    for (const Object<Pod>& pod : surplus_) {
      if (dismiss(pod) == Next::wait && ordered_) return std::move(actions_);
    }
    if (isRolling(set_)) rollForward();
    return std::move(actions_);
  }

 private:
  enum class Next { goOn, wait };

  bool available(const Object<Pod>& pod) const {
    return pod && runs(pod) && !deletionPending(pod.meta()) && isAvailable(pod, minReadyOf(set_), situation_.now);
  }

  // A pod that somebody deletes while an update is under way comes back as it was, if the update has not reached it.
  bool isMadeUpdated(int64_t ordinal) const {
    auto strategy = set_->getSpec().getUpdateStrategy();
    if (!isRolling(set_)) return true;
    if (strategy.hasRollingUpdate()) return ordinal >= updatedFrom(set_);
    return ordinal >= ordinals_.first + set_->getStatus().getCurrentReplicas();
  }

  Next keepManned(size_t place) {
    const Object<Pod>& pod = places_[place];
    const int64_t ordinal = ordinals_.first + static_cast<int64_t>(place);
    if (!pod) {
      const bool stale = situation_.claimsStale && situation_.claimsStale(ordinal);
      if (!stale) actions_.create.push_back({ordinal, isMadeUpdated(ordinal)});
      return Next::wait;
    }
    if (isTerminal(pod)) {
      // Whatever its end was: it is made again once it has gone.
      if (!deletionPending(pod.meta())) actions_.remove.push_back(pod);
      return Next::wait;
    }
    const bool pending = view(pod->getStatus().getPhase()) == "Pending";
    if (pending && situation_.claimsMissing && situation_.claimsMissing(ordinal)) actions_.claim.push_back(pod);
    if (ordered_ && !available(pod)) return Next::wait;
    const bool owned = !situation_.claimsOwned || situation_.claimsOwned(pod);
    if (!hasIdentity(pod) || !hasStorage(set_, pod) || !owned) actions_.repair.push_back(pod);
    return Next::goOn;
  }

  // One that is not available holds up all that come before it, unless it is the first of those.
  Next dismiss(const Object<Pod>& pod) {
    if (deletionPending(pod.meta())) return Next::wait;
    if (ordered_ && !available(pod) && !pod.same(firstUnavailable())) return Next::wait;
    actions_.remove.push_back(pod);
    return Next::wait;
  }

  Object<Pod> firstUnavailable() const {
    for (const Object<Pod>& pod : places_) {
      if (!available(pod)) return pod;
    }
    for (auto pod = surplus_.rbegin(); pod != surplus_.rend(); ++pod) {
      if (!available(*pod)) return *pod;
    }
    return {};
  }

  bool isOld(const Object<Pod>& pod) const {
    return pod && !isOf(pod, situation_.updateRevision) && !deletionPending(pod.meta()) && !isTerminal(pod);
  }

  // From the last one down, as many as may be unavailable at a time. Those of a parallel set that are so already all
  // go: it makes nothing worse, and an update can mend what it replaces.
  void rollForward() {
    const int64_t unavailable =
        std::ranges::count_if(places_, [this](const Object<Pod>& pod) { return !available(pod); });
    int64_t spare = maxUnavailableOf(set_) - unavailable;
    const int64_t least = std::max<int64_t>(updatedFrom(set_) - ordinals_.first, 0);
    for (int64_t i = ordinals_.count - 1; !ordered_ && i >= least; --i) {
      const Object<Pod>& pod = places_[static_cast<size_t>(i)];
      if (isOld(pod) && !available(pod)) actions_.remove.push_back(pod);
    }
    for (int64_t i = ordinals_.count - 1; i >= least && spare > 0; --i) {
      const Object<Pod>& pod = places_[static_cast<size_t>(i)];
      if (!isOld(pod) || !available(pod)) continue;
      actions_.remove.push_back(pod);
      --spare;
    }
  }

  const Situation& situation_;
  const Object<StatefulSet>& set_;
  const Ordinals ordinals_;
  const bool ordered_;
  std::vector<Object<Pod>> places_;   // by number; none where the pod is missing
  std::vector<Object<Pod>> surplus_;  // the highest number first
  Actions actions_;
};

}  // namespace

Actions plan(const Situation& situation) { return Planner(situation).plan(); }

Numbers count(const Situation& situation) {
  Numbers numbers;
  const Duration minReady = minReadyOf(situation.set);
  for (const Object<Pod>& pod : situation.pods) {
    ++numbers.replicas;
    if (!deletionPending(pod.meta())) {
      numbers.current += isOf(pod, situation.currentRevision);
      numbers.updated += isOf(pod, situation.updateRevision);
    }
    if (!runs(pod)) continue;
    ++numbers.ready;
    const auto wait = untilAvailable(pod, minReady, situation.now);
    numbers.available += wait == Duration::zero();
    const bool sooner = numbers.lookAgain == Duration::zero() || wait < numbers.lookAgain;
    if (wait && *wait > Duration::zero() && sooner) numbers.lookAgain = *wait;
  }
  return numbers;
}

bool isUpdateComplete(const Object<StatefulSet>& set, const Numbers& numbers) {
  const int64_t wanted = ordinalsOf(set).count;
  return numbers.updated == wanted && numbers.ready == wanted && numbers.replicas == wanted;
}

}  // namespace cleat::statefulset
