#include "pod/resources.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_qos.h>
#include <cleat/sdk/quantity.h>

#include <algorithm>

namespace cleat::agent {
namespace {

constexpr int64_t kFewestShares = 2;
constexpr int64_t kMostShares = 262144;
constexpr int64_t kQuotaPeriodUs = 100000;
constexpr int64_t kSmallestQuotaUs = 1000;

constexpr int kGuaranteedOomScore = -997;
constexpr int kBestEffortOomScore = 1000;
// Priorities from here on are those of system-cluster-critical and system-node-critical.
constexpr int32_t kSystemCriticalPriority = 2'000'000'000;

int64_t quotaOf(int64_t milliCpu) { return std::max(milliCpu * kQuotaPeriodUs / 1000, kSmallestQuotaUs); }

bool isPositive(std::optional<int64_t> value) { return value && *value > 0; }

bool hasPodLevelResources(core_v1::PodSpec::Reader spec) {
  auto resources = spec.getResources();
  return resources.getLimits().size() != 0 || resources.getRequests().size() != 0;
}

int64_t regularSum(core_v1::PodSpec::Reader spec, std::optional<int64_t> ResourceAmount::* field, bool limits,
                   bool* complete) {
  int64_t running = 0;
  int64_t highest = 0;  // while an init container runs beside the sidecars before it
  *complete = true;
  for (const auto& container : containersOf(spec)) {
    auto amount = limits ? limitsOf(container.spec.getResources()) : requestsOf(container.spec.getResources());
    auto value = amount.*field;
    if (!isPositive(value)) *complete = false;
    if (container.role == ContainerRole::init) {
      highest = std::max(highest, running + value.value_or(0));
    } else {
      running += value.value_or(0);
    }
  }
  return std::max(running, highest);
}

int oomScoreOf(core_v1::PodSpec::Reader spec, const PodContainer& container, int64_t machineMemoryBytes) {
  if (valueOr(spec.getPriority(), 0) >= kSystemCriticalPriority) return kGuaranteedOomScore;
  switch (qosClassOf(spec)) {
    case QosClass::guaranteed: return kGuaranteedOomScore;
    case QosClass::bestEffort: return kBestEffortOomScore;
    case QosClass::burstable: break;
  }
  int64_t request = requestsOf(container.spec.getResources()).memoryBytes.value_or(0);
  int64_t score = 1000 - (1000 * request) / std::max<int64_t>(machineMemoryBytes, 1);
  // Between the guaranteed and the best-effort, whatever was asked for.
  return static_cast<int>(std::clamp<int64_t>(score, 1000 + kGuaranteedOomScore, kBestEffortOomScore - 1));
}

}  // namespace

int64_t sharesOf(int64_t milliCpu) { return std::clamp(milliCpu * 1024 / 1000, kFewestShares, kMostShares); }

ResourceAmount amountIn(TextMapReader map) {
  ResourceAmount amount;
  if (auto cpu = Quantity::parse(valueIn(map, "cpu"))) amount.milliCpu = cpu->milliValue();
  if (auto memory = Quantity::parse(valueIn(map, "memory"))) amount.memoryBytes = memory->value();
  return amount;
}

ResourceAmount limitsOf(core_v1::ResourceRequirements::Reader resources) { return amountIn(resources.getLimits()); }

ResourceAmount requestsOf(core_v1::ResourceRequirements::Reader resources) {
  ResourceAmount requests = amountIn(resources.getRequests());
  ResourceAmount limits = limitsOf(resources);
  if (!requests.milliCpu) requests.milliCpu = limits.milliCpu;
  if (!requests.memoryBytes) requests.memoryBytes = limits.memoryBytes;
  return requests;
}

std::string cgroupParentOf(core_v1::Pod::Reader pod, const QosSettings& groups) {
  std::string_view tier = "";
  switch (groups.nested ? qosClassOf(pod.getSpec()) : QosClass::guaranteed) {
    case QosClass::guaranteed: break;
    case QosClass::burstable: tier = "/burstable"; break;
    case QosClass::bestEffort: tier = "/besteffort"; break;
  }
  return concat(groups.root, tier, "/pod", pod.getMetadata().getUid());
}

Grant grantOf(core_v1::PodSpec::Reader spec) {
  ResourceAmounts request = cleat::requestOf(spec);
  return {.milliCpu = request.milliCpu,
          .memoryBytes = request.memory,
          .burstable = qosClassOf(spec) == QosClass::burstable,
          .storageBytes = request.storage,
          .others = std::move(request.others),
          .ports = takenHostPorts(spec)};
}

PodLimits podLimitsOf(core_v1::PodSpec::Reader spec) {
  ResourceAmount requests;
  ResourceAmount limits;
  if (hasPodLevelResources(spec)) {
    requests = requestsOf(spec.getResources());
    limits = limitsOf(spec.getResources());
  } else {
    bool complete = false;
    requests.milliCpu = regularSum(spec, &ResourceAmount::milliCpu, false, &complete);
    // The pod is limited as a whole only if every container in it is.
    int64_t cpu = regularSum(spec, &ResourceAmount::milliCpu, true, &complete);
    if (complete) limits.milliCpu = cpu;
    int64_t memory = regularSum(spec, &ResourceAmount::memoryBytes, true, &complete);
    if (complete) limits.memoryBytes = memory;
  }
  PodLimits result{.cpuShares = sharesOf(requests.milliCpu.value_or(0))};
  if (isPositive(limits.milliCpu)) result.cpuQuotaUs = quotaOf(*limits.milliCpu);
  if (isPositive(limits.memoryBytes)) result.memoryBytes = *limits.memoryBytes;
  return result;
}

PodLimits largerOf(const PodLimits& one, const PodLimits& other) {
  auto larger = [](int64_t a, int64_t b) { return a == 0 || b == 0 ? 0 : std::max(a, b); };
  return {std::max(one.cpuShares, other.cpuShares), larger(one.cpuQuotaUs, other.cpuQuotaUs),
          larger(one.memoryBytes, other.memoryBytes)};
}

void write(role::Resources::Builder out, const PodLimits& limits) {
  out.setCpuShares(static_cast<uint64_t>(limits.cpuShares));
  if (limits.cpuQuotaUs > 0) {
    out.setCpuQuotaUs(limits.cpuQuotaUs);
    out.setCpuPeriodUs(kQuotaPeriodUs);
  }
  if (limits.memoryBytes > 0) out.setMemoryLimitBytes(static_cast<uint64_t>(limits.memoryBytes));
}

void setUnlimited(role::Resources::Builder out) {
  if (out.getCpuQuotaUs() == 0) out.setCpuQuotaUs(-1);
  if (out.getMemoryLimitBytes() == 0) out.setMemoryLimitBytes(UINT64_MAX);
}

void setPodResources(core_v1::PodSpec::Reader spec, role::Resources::Builder out) { write(out, podLimitsOf(spec)); }

void setContainerResources(core_v1::PodSpec::Reader spec, const PodContainer& container, int64_t machineMemoryBytes,
                           role::Resources::Builder out) {
  ResourceAmount requests = requestsOf(container.spec.getResources());
  ResourceAmount limits = limitsOf(container.spec.getResources());
  out.setCpuShares(sharesOf(requests.milliCpu.value_or(0)));
  if (isPositive(limits.milliCpu)) {
    out.setCpuQuotaUs(quotaOf(*limits.milliCpu));
    out.setCpuPeriodUs(kQuotaPeriodUs);
  }
  if (isPositive(limits.memoryBytes)) out.setMemoryLimitBytes(*limits.memoryBytes);
  out.setOomScoreAdj(oomScoreOf(spec, container, machineMemoryBytes));
}

}  // namespace cleat::agent
