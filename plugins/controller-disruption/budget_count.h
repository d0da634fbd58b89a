// What a PodDisruptionBudget says of the pods that it protects, counted on what there is: no request is made here.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/policy_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/time.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cleat::disruption {

using core_v1::Pod;
using policy_v1::PodDisruptionBudget;

// How many pods there should be, and how many of them must be healthy.
struct Expected {
  int64_t pods = 0, healthy = 0;
  bool operator==(const Expected&) const = default;
};
// Whether that takes the number of pods that their owners want, and not only of those that are there.
bool countsByScale(const Object<PodDisruptionBudget>& budget);
// `pods` is that number.
Expected expectedBy(const Object<PodDisruptionBudget>& budget, int64_t pods);

// The pods whose eviction was allowed a short time ago and that are still there: they count as gone.
struct Disrupted {
  std::map<std::string, std::string> pods;  // by name, when it was allowed
  std::vector<Object<Pod>> overdue;         // that should have gone by now, and count again
  Duration lookAgain{};                     // until the next one is; zero: there is none
};
Disrupted disruptedOf(const Object<PodDisruptionBudget>& budget, const std::vector<Object<Pod>>& pods, WallTime now);

// Ready, and not about to go.
int64_t countHealthy(const std::vector<Object<Pod>>& pods, const Disrupted& disrupted);

// The budget with a status that says all this.
Draft<PodDisruptionBudget> counted(const Object<PodDisruptionBudget>& budget, const Expected& expected, int64_t healthy,
                                   const Disrupted& disrupted, WallTime now);
// The budget when it cannot be counted: it allows nothing, and says why.
Draft<PodDisruptionBudget> uncounted(const Object<PodDisruptionBudget>& budget, std::string_view why, WallTime now);

// How long the pod's condition DisruptionTarget may still stand there until it is one that came to nothing. Nothing for
// a pod without one, or with one that the node has set, or that is going or has ended.
std::optional<Duration> untilStale(const Object<Pod>& pod, WallTime now);

}  // namespace cleat::disruption
