#include "backoff.h"

#include <algorithm>

namespace cleat::job {

namespace {

constexpr Duration kFirst = std::chrono::seconds(10);
constexpr Duration kLongest = std::chrono::minutes(10);

}  // namespace

Duration pauseLeft(int64_t failures, WallTime since, WallTime now) {
  if (failures <= 0) return {};
  Duration pause = kFirst;
  for (int64_t i = 1; i < failures && pause < kLongest; ++i) pause *= 2;
  return std::max(Duration::zero(), std::min(pause, kLongest) - (now - since));
}

FailureRecord continued(FailureRecord record, const std::vector<const JobPod*>& ended) {
  std::optional<WallTime> success;
  for (const JobPod* pod : ended) {
    if (pod->succeeded) success = std::max(success.value_or(WallTime::min()), endOf(pod->pod));
  }
  if (success) record = {};
  for (const JobPod* pod : ended) {
    if (pod->succeeded) continue;
    const WallTime end = endOf(pod->pod);
    if (success && end <= *success) continue;
    ++record.failures;
    record.last = std::max(record.last, end);
  }
  return record;
}

}  // namespace cleat::job
