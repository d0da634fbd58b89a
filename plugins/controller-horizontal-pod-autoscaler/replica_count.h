// How many replicas a metric asks for, worked out of the pods there are and of what was measured of them; no request is
// made here. Pods that are not measured, or not ready yet, count so that they change as little as they can: where fewer
// are wanted as if they used what they should, where more are wanted as if they used nothing.
//
// All amounts are in thousandths.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/time.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::autoscaler {

using core_v1::Pod;
using Pods = std::vector<Object<Pod>>;

struct PodMetric {
  int64_t value = 0;
  WallTime at{};  // the end of the time that was looked at
  Duration window{};
};
using PodMetrics = std::map<std::string, PodMetric, std::less<>>;  // by the pod's name

// How far off its target a metric may be before anything changes, as a part of it.
struct Tolerances {
  double down = 0.1, up = 0.1;
  bool isWithin(double ratio) const { return 1.0 - down <= ratio && ratio <= 1.0 + up; }
};

struct PodRules {
  std::chrono::seconds cpuInitialization{300};  // for so long a pod that starts may use more than usual
  std::chrono::seconds initialReadiness{30};    // that is not ready since then has never been ready
  WallTime now{};
};

struct GroupedPods {
  int64_t ready = 0;
  std::vector<std::string> unready, missing, ignored;
};
GroupedPods groupPods(const Pods& pods, const PodMetrics& metrics, std::string_view resource, const PodRules& rules);

// What the pods ask for of a resource: each container's, or that of one container. An error where one does not say.
Result<std::map<std::string, int64_t>> requestsOf(const Pods& pods, std::string_view container,
                                                  std::string_view resource);

struct Proposal {
  int32_t replicas = 0;
  int32_t utilization = 0;  // in percent of what is asked for
  int64_t average = 0;
};

// By what the pods use of a resource, as a part (in percent) of what they ask for.
struct UtilizationTarget {
  std::string_view resource, container;  // an empty container: the whole pod
  int32_t percent = 0;
};
Result<Proposal> byUtilization(const Pods& pods, PodMetrics metrics, const UtilizationTarget& target, int32_t current,
                               const Tolerances& tolerances, const PodRules& rules);
// By what each pod should have of a metric. `resource` is empty where it is none.
Result<Proposal> byAverage(const Pods& pods, PodMetrics metrics, std::string_view resource, int64_t target,
                           int32_t current, const Tolerances& tolerances, const PodRules& rules);
// By one value, which is to be `target` with as many pods as are ready.
Result<Proposal> byValue(const Pods& pods, int64_t value, int64_t target, int32_t current,
                         const Tolerances& tolerances);
// By one value of which each of the pods should have `target`. `replicas`: as many there are.
Proposal byValuePerPod(int64_t value, int64_t target, int32_t replicas, const Tolerances& tolerances);

}  // namespace cleat::autoscaler
