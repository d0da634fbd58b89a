#include "trigger_time.h"

#include <cleat/sdk/meta.h>

namespace cleat::endpoints {
namespace {

std::optional<WallTime> readinessChanged(const Object<Pod>& pod) {
  auto ready = findCondition(pod->getStatus().getConditions(), "Ready");
  return ready ? parseTime(ready->getLastTransitionTime()) : std::nullopt;
}

}  // namespace

std::optional<WallTime> TriggerTimes::next(const Object<Service>& service, const std::vector<Object<Pod>>& pods) {
  const bool known = services_.contains(service.key());
  Seen& seen = services_[service.key()];
  std::optional<WallTime> earliest;
  auto look = [&](WallTime time, std::optional<WallTime> before) {
    if ((!before || time > *before) && (!earliest || time < *earliest)) earliest = time;
  };
  Seen now;
  for (const Object<Pod>& pod : pods) {
    const std::optional<WallTime> time = readinessChanged(pod);
    if (!time) continue;
    auto before = seen.pods.find(str(pod.name()));
    look(*time, before != seen.pods.end() ? std::optional(before->second) : std::nullopt);
    now.pods.emplace(pod.name(), *time);
  }
  now.service = parseTime(service.meta().getCreationTimestamp());
  if (now.service) look(*now.service, seen.service);
  seen = std::move(now);
  return known ? earliest : seen.service;
}

void TriggerTimes::write(meta_v1::ObjectMeta::Builder meta, std::optional<WallTime> time) {
  const std::string text = time ? formatTime(*time) : std::string();
  setAnnotation(meta, kTriggerTime, time ? std::optional<std::string_view>(text) : std::nullopt);
}

}  // namespace cleat::endpoints
