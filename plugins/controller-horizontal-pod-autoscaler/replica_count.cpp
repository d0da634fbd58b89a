#include "replica_count.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

namespace cleat::autoscaler {
namespace {

int32_t bounded(double replicas) {
  constexpr double kMost = std::numeric_limits<int32_t>::max();
  return std::isnan(replicas) ? 0 : static_cast<int32_t>(std::clamp(replicas, 0.0, kMost));
}

int32_t ceiled(double replicas) { return bounded(std::ceil(replicas)); }

// Whether what the pod uses of the processor says nothing yet of how it will be.
bool isStarting(Pod::Reader pod, const PodMetric& metric, const PodRules& rules) {
  const auto ready = findCondition(pod.getStatus().getConditions(), "Ready");
  const std::optional<WallTime> started = parseTime(pod.getStatus().getStartTime());
  if (!ready || !started) return true;
  const WallTime changed = parseTime(ready->getLastTransitionTime()).value_or(WallTime{});
  const bool isUnready = view(ready->getStatus()) == "False";
  // While it may still initialise, a sample counts when it was taken of a ready pod alone.
  if (*started + rules.cpuInitialization > rules.now) return isUnready || metric.at < changed + metric.window;
  // Afterwards a pod that is not ready counts, unless it has never been ready.
  return isUnready && *started + rules.initialReadiness > changed;
}

void forget(PodMetrics& metrics, const std::vector<std::string>& pods) {
  for (const std::string& pod : pods) metrics.erase(pod);
}

std::unexpected<Status> noMetrics() {
  return fail(Status::internal("did not receive metrics for targeted pods (pods might be unready)"));
}

// How the measured stand to their target, and what is told of them.
struct Measure {
  double ratio = 0;
  int32_t utilization = 0;
  int64_t average = 0;
};
using Measuring = std::function<Result<Measure>(const PodMetrics&)>;

// What a missing pod counts as where fewer are wanted.
using Usual = std::function<int64_t(const std::string& pod)>;

Result<Proposal> proposed(const GroupedPods& grouped, PodMetrics metrics, int32_t current, const Tolerances& tolerances,
                          const Measuring& measure, const Usual& usual) {
  CLEAT_TRY(const Measure first, measure(metrics));
  const auto answer = [&](int32_t replicas) { return Proposal{replicas, first.utilization, first.average}; };
  const bool upWithUnready = !grouped.unready.empty() && first.ratio > 1.0;
  if (!upWithUnready && grouped.missing.empty()) {
    if (tolerances.isWithin(first.ratio)) return answer(current);
    return answer(ceiled(first.ratio * static_cast<double>(grouped.ready)));
  }
  for (const std::string& pod : grouped.missing) {
    if (first.ratio < 1.0) metrics[pod] = {.value = usual(pod)};
    if (first.ratio > 1.0) metrics[pod] = {};
  }
  if (upWithUnready) {
    for (const std::string& pod : grouped.unready) metrics[pod] = {};
  }
  CLEAT_TRY(const Measure second, measure(metrics));
  const bool turned = (first.ratio < 1.0 && second.ratio > 1.0) || (first.ratio > 1.0 && second.ratio < 1.0);
  if (tolerances.isWithin(second.ratio) || turned) return answer(current);
  const int32_t replicas = ceiled(second.ratio * static_cast<double>(metrics.size()));
  // What was filled in must not turn the direction either.
  if ((second.ratio < 1.0 && replicas > current) || (second.ratio > 1.0 && replicas < current)) return answer(current);
  return answer(replicas);
}

bool isReady(Pod::Reader pod) {
  return view(pod.getStatus().getPhase()) == "Running" && conditionIs(pod.getStatus().getConditions(), "Ready", "True");
}

}  // namespace

GroupedPods groupPods(const Pods& pods, const PodMetrics& metrics, std::string_view resource, const PodRules& rules) {
  GroupedPods grouped;
  for (const Object<Pod>& pod : pods) {
    const std::string name = str(pod.name());
    const std::string_view phase = view(pod->getStatus().getPhase());
    if (pod.meta().hasDeletionTimestamp() || phase == "Failed") {
      grouped.ignored.push_back(name);
      continue;
    }
    if (phase == "Pending") {
      grouped.unready.push_back(name);
      continue;
    }
    const auto metric = metrics.find(name);
    if (metric == metrics.end()) {
      grouped.missing.push_back(name);
    } else if (resource == "cpu" && isStarting(*pod, metric->second, rules)) {
      grouped.unready.push_back(name);
    } else {
      ++grouped.ready;
    }
  }
  return grouped;
}

Result<std::map<std::string, int64_t>> requestsOf(const Pods& pods, std::string_view container,
                                                  std::string_view resource) {
  std::map<std::string, int64_t> requests;
  for (const Object<Pod>& pod : pods) {
    auto spec = pod->getSpec();
    int64_t sum = 0;
    // What the pod says as a whole goes before what its containers say.
    const auto ofPod = lookup(spec.getResources().getRequests(), resource);
    if (container.empty() && ofPod) {
      requests[str(pod.name())] = Quantity::parse(*ofPod).value_or(Quantity()).milliValue();
      continue;
    }
    const auto add = [&](core_v1::Container::Reader each) -> Result<void> {
      if (!container.empty() && view(each.getName()) != container) return {};
      const auto asked = lookup(each.getResources().getRequests(), resource);
      if (!asked) {
        return fail(Status::internal(
            concat("missing request for ", resource, " in container ", view(each.getName()), " of Pod ", pod.name())));
      }
      sum += Quantity::parse(*asked).value_or(Quantity()).milliValue();
      return {};
    };
    for (auto each : spec.getContainers()) {
      CLEAT_TRY(add(each));
    }
    // Of those that only initialise, the ones that go on running count.
    for (auto each : spec.getInitContainers()) {
      if (view(each.getRestartPolicy()) != "Always") continue;
      CLEAT_TRY(add(each));
    }
    requests[str(pod.name())] = sum;
  }
  return requests;
}

Result<Proposal> byUtilization(const Pods& pods, PodMetrics metrics, const UtilizationTarget& target, int32_t current,
                               const Tolerances& tolerances, const PodRules& rules) {
  if (pods.empty()) return fail(Status::internal("no pods returned by selector while calculating replica count"));
  const GroupedPods grouped = groupPods(pods, metrics, target.resource, rules);
  forget(metrics, grouped.ignored);
  forget(metrics, grouped.unready);
  if (metrics.empty()) return noMetrics();
  CLEAT_TRY(const auto requests, requestsOf(pods, target.container, target.resource));
  const Measuring measure = [&](const PodMetrics& measured) -> Result<Measure> {
    double used = 0, asked = 0;
    int64_t count = 0;
    for (const auto& [pod, metric] : measured) {
      const auto request = requests.find(pod);
      if (request == requests.end()) continue;
      used += static_cast<double>(metric.value);
      asked += static_cast<double>(request->second);
      ++count;
    }
    if (asked == 0) return fail(Status::internal("no metrics returned matched known pods"));
    const int32_t utilization = bounded(std::floor(used * 100 / asked));
    return Measure{static_cast<double>(utilization) / target.percent, utilization,
                   static_cast<int64_t>(used / static_cast<double>(count))};
  };
  const Usual usual = [&](const std::string& pod) {
    return static_cast<int64_t>(static_cast<double>(requests.at(pod)) * std::max(100, target.percent) / 100);
  };
  return proposed(grouped, std::move(metrics), current, tolerances, measure, usual);
}

Result<Proposal> byAverage(const Pods& pods, PodMetrics metrics, std::string_view resource, int64_t target,
                           int32_t current, const Tolerances& tolerances, const PodRules& rules) {
  if (pods.empty()) return fail(Status::internal("no pods returned by selector while calculating replica count"));
  const GroupedPods grouped = groupPods(pods, metrics, resource, rules);
  forget(metrics, grouped.ignored);
  forget(metrics, grouped.unready);
  if (metrics.empty()) return noMetrics();
  const Measuring measure = [target](const PodMetrics& measured) -> Result<Measure> {
    double used = 0;
    for (const auto& [pod, metric] : measured) used += static_cast<double>(metric.value);
    const auto average = static_cast<int64_t>(used / static_cast<double>(measured.size()));
    return Measure{static_cast<double>(average) / static_cast<double>(target), 0, average};
  };
  const Usual usual = [target](const std::string&) { return target; };
  return proposed(grouped, std::move(metrics), current, tolerances, measure, usual);
}

Result<Proposal> byValue(const Pods& pods, int64_t value, int64_t target, int32_t current,
                         const Tolerances& tolerances) {
  const double ratio = static_cast<double>(value) / static_cast<double>(target);
  // From none there is no other way than to make as many as the metric is times its target.
  if (current == 0) return Proposal{ceiled(ratio), 0, value};
  if (tolerances.isWithin(ratio)) return Proposal{current, 0, value};
  if (pods.empty()) {
    return fail(
        Status::internal("unable to calculate ready pods: no pods returned by selector while calculating "
                         "replica count"));
  }
  const auto ready = std::ranges::count_if(pods, [](const Object<Pod>& pod) { return isReady(*pod); });
  return Proposal{ceiled(ratio * static_cast<double>(ready)), 0, value};
}

Proposal byValuePerPod(int64_t value, int64_t target, int32_t replicas, const Tolerances& tolerances) {
  Proposal proposal{.replicas = replicas};
  const double wanted = static_cast<double>(value) / static_cast<double>(target);
  const double ratio = replicas == 0 ? std::numeric_limits<double>::infinity() : wanted / replicas;
  if (!tolerances.isWithin(ratio)) proposal.replicas = ceiled(wanted);
  proposal.average =
      replicas == 0 ? 0 : static_cast<int64_t>(std::ceil(static_cast<double>(value) / static_cast<double>(replicas)));
  return proposal;
}

}  // namespace cleat::autoscaler
