#include "plan.h"

#include <cleat/sdk/int_or_percent.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_state.h>

#include <algorithm>
#include <tuple>

namespace cleat::daemonset {
namespace {

using Pods = std::vector<Object<Pod>>;

bool isAvailableNow(const Object<Pod>& pod, const Situation& situation) {
  return isAvailable(pod, std::chrono::seconds(situation.set->getSpec().getMinReadySeconds()), situation.wallNow);
}

// Those that run first, and of these the oldest.
void sortByAge(Pods& pods) {
  std::ranges::sort(pods, {}, [](const Object<Pod>& pod) {
    return std::make_tuple(pod->getSpec().getNodeName().size() == 0, str(pod.meta().getCreationTimestamp()),
                           str(pod.name()));
  });
}

struct Bounds {
  int64_t surge = 0, unavailable = 0;
};
Bounds boundsOf(const Object<DaemonSet>& set, int64_t desired) {
  auto strategy = set->getSpec().getUpdateStrategy();
  Bounds bounds;
  if (view(strategy.getType()) == "RollingUpdate" && strategy.hasRollingUpdate()) {
    auto rolling = strategy.getRollingUpdate();
    if (rolling.hasMaxSurge()) bounds.surge = scaledValue(rolling.getMaxSurge(), desired, Rounding::up).value_or(0);
    if (rolling.hasMaxUnavailable()) {
      bounds.unavailable = scaledValue(rolling.getMaxUnavailable(), desired, Rounding::up).value_or(0);
    }
  }
  if (desired > 0 && bounds.surge == 0 && bounds.unavailable == 0) bounds.unavailable = 1;
  return bounds;
}
bool allowsSurge(const Object<DaemonSet>& set) { return boundsOf(set, 1).surge > 0; }

int64_t desiredNodes(const Situation& situation) {
  return std::ranges::count_if(situation.nodes, [](const auto& node) { return node.second.verdict.run; });
}

void lookAgainAfter(Duration& next, Duration wait) {
  if (next == Duration::zero() || wait < next) next = wait;
}

// -- One pod on each node --

// The pods of a node that run or are to; those that have ended go, failed ones not too often.
Pods withoutEnded(const Situation& situation, const std::string& name, const Pods& pods, FailedPods& failed,
                  Actions& actions) {
  Pods running;
  for (const Object<Pod>& pod : pods) {
    if (deletionPending(pod.meta())) continue;
    if (!isTerminal(pod)) {
      running.push_back(pod);
      continue;
    }
    const bool hasFailed = view(pod->getStatus().getPhase()) == "Failed";
    if (hasFailed) {
      const std::string place =
          concat(situation.set.uid(), "/", situation.set->getStatus().getObservedGeneration(), "/", name);
      if (auto wait = failed.wait(place, situation.now)) {
        lookAgainAfter(actions.lookAgain, *wait);
        continue;
      }
    }
    actions.events.push_back({hasFailed ? "Warning" : "Normal", hasFailed ? "FailedDaemonPod" : "SucceededDaemonPod",
                              concat("Found ", hasFailed ? "failed" : "succeeded", " daemon pod ", pod.key(),
                                     " on node ", name, ", will try to ", hasFailed ? "kill" : "delete", " it")});
    actions.remove.push_back(pod);
  }
  return running;
}

// With a surge a node may have an old pod beside the new one, until that is available or the old one is not ready.
void pruneSurging(const Situation& situation, const Pods& running, Actions& actions) {
  Object<Pod> newest, old;
  for (const Object<Pod>& pod : running) {
    Object<Pod>& place = label(pod.meta(), "controller-revision-hash") == situation.generation.hash ? newest : old;
    if (place) {
      actions.remove.push_back(pod);
    } else {
      place = pod;
    }
  }
  if (newest && old && (!isReady(old) || isAvailableNow(newest, situation))) actions.remove.push_back(old);
}

void manNode(const Situation& situation, const std::string& name, const NodeState& node, FailedPods& failed,
             Actions& actions) {
  if (node.verdict.run && node.pods.empty()) return actions.create.push_back(name);
  if (!node.verdict.stay) {
    for (const Object<Pod>& pod : node.pods) {
      if (!deletionPending(pod.meta())) actions.remove.push_back(pod);
    }
    return;
  }
  Pods running = withoutEnded(situation, name, node.pods, failed, actions);
  const bool surging = allowsSurge(situation.set);
  if (running.size() <= 1) {
    if (surging && running.empty() && node.verdict.run) actions.create.push_back(name);
    return;
  }
  sortByAge(running);
  if (surging) return pruneSurging(situation, running, actions);
  actions.remove.insert(actions.remove.end(), running.begin() + 1, running.end());
}

// -- Rolling updates --

// A node's pods that are not being deleted: at most one of each generation, or it is not settled.
struct Pair {
  Object<Pod> fresh, old;
  bool settled = true;
};
Pair pairOf(const Situation& situation, const Pods& pods) {
  Pair pair;
  for (const Object<Pod>& pod : pods) {
    if (deletionPending(pod.meta())) continue;
    Object<Pod>& place = isCurrent(pod, situation.generation) ? pair.fresh : pair.old;
    pair.settled = pair.settled && !place;
    place = pod;
  }
  return pair;
}

// Nodes whose pods play a part: those that should have one and those that have one.
bool takesPart(const NodeState& node) { return node.verdict.run || !node.pods.empty(); }

// Old pods go first; the nodes without one get a new one afterwards.
Actions rollByReplacing(const Situation& situation, int64_t maxUnavailable) {
  Actions actions;
  Pods candidates;
  int64_t unavailable = 0;
  for (const auto& [name, node] : situation.nodes) {
    if (!takesPart(node)) continue;
    const Pair pair = pairOf(situation, node.pods);
    const bool single = pair.settled && !pair.fresh != !pair.old;
    if (!single || !isAvailableNow(pair.fresh ? pair.fresh : pair.old, situation)) ++unavailable;
    if (!single || pair.fresh) continue;
    // One that is of no use may go whatever the bounds say.
    (isAvailableNow(pair.old, situation) ? candidates : actions.remove).push_back(pair.old);
  }
  const int64_t spare = std::clamp<int64_t>(maxUnavailable - unavailable, 0, static_cast<int64_t>(candidates.size()));
  actions.remove.insert(actions.remove.end(), candidates.begin(), candidates.begin() + spare);
  return actions;
}

struct Surge {
  Actions actions;
  std::vector<std::string> candidates;  // nodes with an available old pod
  Pods leaving;                         // available pods of nodes that should not run one any more
  int64_t under = 0;                    // nodes with a new pod beside the old one that is not available yet
  int64_t available = 0;
};

void surgeOn(const Situation& situation, const std::string& name, const NodeState& node, Surge& surge) {
  const Pair pair = pairOf(situation, node.pods);
  if (!pair.settled) {
    ++surge.under;
    return;
  }
  const Object<Pod>& counted = pair.old ? pair.old : pair.fresh;
  if (counted) surge.available += isAvailableNow(counted, situation);
  if (!pair.old) return;
  if (pair.fresh) {
    if (isAvailableNow(pair.fresh, situation)) {
      surge.actions.remove.push_back(pair.old);
    } else {
      ++surge.under;
    }
    return;
  }
  if (!node.node) return;
  if (isAvailableNow(pair.old, situation)) {
    if (node.verdict.run) {
      surge.candidates.push_back(name);
    } else {
      surge.leaving.push_back(pair.old);
    }
  } else if (node.verdict.run) {
    surge.actions.create.push_back(name);
  } else {
    surge.actions.remove.push_back(pair.old);
  }
}

// New pods come first, beside the old ones, which go when those are available.
Actions rollBySurging(const Situation& situation, int64_t maxSurge) {
  Surge surge;
  for (const auto& [name, node] : situation.nodes) {
    if (takesPart(node)) surgeOn(situation, name, node, surge);
  }
  // Where the set moves to other nodes, a pod goes only for one that is up elsewhere.
  const auto mayLeave =
      std::clamp<int64_t>(surge.available - desiredNodes(situation), 0, static_cast<int64_t>(surge.leaving.size()));
  surge.actions.remove.insert(surge.actions.remove.end(), surge.leaving.begin(), surge.leaving.begin() + mayLeave);
  const auto more = std::clamp<int64_t>(maxSurge - surge.under, 0, static_cast<int64_t>(surge.candidates.size()));
  surge.actions.create.insert(surge.actions.create.end(), surge.candidates.begin(), surge.candidates.begin() + more);
  return std::move(surge.actions);
}

}  // namespace

Actions keepNodesManned(const Situation& situation, FailedPods& failed) {
  Actions actions;
  for (const auto& [name, node] : situation.nodes) {
    if (node.node) {
      manNode(situation, name, node, failed, actions);
      continue;
    }
    // Nobody else deletes a pod that waits for a node that does not exist.
    for (const Object<Pod>& pod : node.pods) {
      if (pod->getSpec().getNodeName().size() == 0) actions.remove.push_back(pod);
    }
  }
  return actions;
}

Actions rollForward(const Situation& situation) {
  if (view(situation.set->getSpec().getUpdateStrategy().getType()) != "RollingUpdate") return {};
  const Bounds bounds = boundsOf(situation.set, desiredNodes(situation));
  return bounds.surge == 0 ? rollByReplacing(situation, bounds.unavailable) : rollBySurging(situation, bounds.surge);
}

Numbers count(const Situation& situation) {
  Numbers numbers;
  const Duration minReady = std::chrono::seconds(situation.set->getSpec().getMinReadySeconds());
  for (const auto& [name, node] : situation.nodes) {
    if (!node.node) continue;
    numbers.desired += node.verdict.run;
    if (node.pods.empty()) continue;
    if (!node.verdict.run) {
      ++numbers.misscheduled;
      continue;
    }
    ++numbers.current;
    Pods pods = node.pods;
    sortByAge(pods);
    const Object<Pod>& oldest = pods.front();
    numbers.ready += isReady(oldest);
    numbers.updated += isCurrent(oldest, situation.generation);
    const auto wait = untilAvailable(oldest, minReady, situation.wallNow);
    numbers.available += wait == Duration::zero();
    if (wait && *wait > Duration::zero()) lookAgainAfter(numbers.lookAgain, *wait);
  }
  return numbers;
}

}  // namespace cleat::daemonset
