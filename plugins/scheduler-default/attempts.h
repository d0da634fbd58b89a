// Attempts: how often pods were tried and what came of it, and how many wait where, as Kubernetes' scheduler names
// these numbers in its metrics.
#pragma once

#include <cleat/sdk/own_metrics.h>

#include <cstdint>
#include <string_view>

#include "queue/scheduling_queue.h"

namespace cleat::scheduling {

class Attempts {
 public:
  enum class Result : uint8_t { scheduled, unschedulable, error };

  Attempts(Context& context, const SchedulingQueue& queue);

  // A pod was bound, found no node, or could not be decided about or bound.
  void count(const Object<Pod>& pod, Result result);
  // Others may wait than did.
  void othersWait() { metrics_.changed(); }

 private:
  void countWaiting();

  OwnMetrics& metrics_;
  const SchedulingQueue& queue_;
};

}  // namespace cleat::scheduling
