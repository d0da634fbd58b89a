#include "quota-common/pod_amounts.h"

#include <functional>

namespace cleat::quota {

namespace {

using core_v1::Container;
using core_v1::ContainerStatus;
using core_v1::Pod;
using core_v1::PodSpec;
using Map = TextMapReader;

Map amountsOf(core_v1::ResourceRequirements::Reader resources, Asked asked) {
  return asked == Asked::requests ? resources.getRequests() : resources.getLimits();
}

// The sum over the containers of what `of` gives for each: init containers run one by one before the others, sidecars
// beside all that come after them.
template <class F>
Amounts aggregated(PodSpec::Reader spec, F of) {
  Amounts running, sidecars, largestInit;
  for (auto container : spec.getContainers()) add(running, of(container));
  for (auto container : spec.getInitContainers()) {
    Amounts own = of(container);
    if (view(container.getRestartPolicy()) == "Always") {
      add(sidecars, own);
      own = sidecars;
    } else {
      add(own, sidecars);
    }
    raise(largestInit, own);
  }
  add(running, sidecars);
  raise(running, largestInit);
  return running;
}

bool isOfWholePods(std::string_view name, bool hugePages) {
  return name == "cpu" || name == "memory" || (hugePages && name.starts_with("hugepages-"));
}

void replaceWithWhole(Amounts& amounts, PodSpec::Reader spec, Asked asked, bool hugePages) {
  for (const auto& [name, amount] : readAmounts(amountsOf(spec.getResources(), asked))) {
    if (isOfWholePods(name, hugePages)) amounts[name] = amount;
  }
}

std::optional<ContainerStatus::Reader> statusOf(Pod::Reader pod, std::string_view container) {
  for (auto statuses : {pod.getStatus().getContainerStatuses(), pod.getStatus().getInitContainerStatuses()}) {
    for (auto status : statuses) {
      if (view(status.getName()) == container) return status;
    }
  }
  return std::nullopt;
}

bool resizeIsInfeasible(Pod::Reader pod) {
  auto pending = findCondition(pod.getStatus().getConditions(), "PodResizePending");
  return pending && view(pending->getReason()) == "Infeasible";
}

bool saysResources(Pod::Reader pod) {
  for (auto statuses : {pod.getStatus().getContainerStatuses(), pod.getStatus().getInitContainerStatuses()}) {
    for (auto status : statuses) {
      if (status.hasResources() || status.hasAllocatedResources()) return true;
    }
  }
  return false;
}

// What the node has given the container; what it asks for where the node says nothing, unless it will not get that.
Amounts given(Container::Reader container, Asked asked, Pod::Reader pod, bool allocated) {
  if (auto status = statusOf(pod, view(container.getName()))) {
    const Map actual = amountsOf(status->getResources(), asked);
    if (!allocated && actual.size() > 0) return readAmounts(actual);
    if (asked == Asked::requests && status->hasAllocatedResources())
      return readAmounts(status->getAllocatedResources());
  }
  return resizeIsInfeasible(pod) ? Amounts() : readAmounts(amountsOf(container.getResources(), asked));
}

}  // namespace

Amounts specifiedAmounts(PodSpec::Reader spec, Asked asked) {
  Amounts sum =
      aggregated(spec, [&](Container::Reader one) { return readAmounts(amountsOf(one.getResources(), asked)); });
  replaceWithWhole(sum, spec, asked, false);
  return sum;
}

Amounts chargedAmounts(Pod::Reader pod, Asked asked) {
  const PodSpec::Reader spec = pod.getSpec();
  Amounts sum;
  if (!saysResources(pod) || !resizeIsInfeasible(pod)) {
    sum = aggregated(spec, [&](Container::Reader one) { return readAmounts(amountsOf(one.getResources(), asked)); });
  }
  if (saysResources(pod)) {
    raise(sum, aggregated(spec, [&](Container::Reader one) { return given(one, asked, pod, false); }));
    if (asked == Asked::requests) {
      raise(sum, aggregated(spec, [&](Container::Reader one) { return given(one, asked, pod, true); }));
    }
  }
  replaceWithWhole(sum, spec, asked, true);
  for (const auto& [name, amount] : readAmounts(spec.getOverhead())) {
    auto at = sum.find(name);
    // No limit stays none.
    if (asked == Asked::limits && (at == sum.end() || at->second.isZero())) continue;
    sum[name] += amount;
  }
  return sum;
}

bool asksAsAWhole(PodSpec::Reader spec) {
  for (auto map : {spec.getResources().getRequests(), spec.getResources().getLimits()}) {
    for (auto entry : map) {
      if (isOfWholePods(view(entry.getKey()), true)) return true;
    }
  }
  return false;
}

}  // namespace cleat::quota
