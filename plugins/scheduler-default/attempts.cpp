#include "attempts.h"

#include <cleat/sdk/text.h>

namespace cleat::scheduling {
namespace {

using Place = QueuedPod::Place;

const char* nameOf(Attempts::Result result) {
  switch (result) {
    case Attempts::Result::scheduled: return "scheduled";
    case Attempts::Result::unschedulable: return "unschedulable";
    case Attempts::Result::error: break;
  }
  return "error";
}

}  // namespace

Attempts::Attempts(Context& context, const SchedulingQueue& queue) : metrics_(metricsOf(context)), queue_(queue) {
  metrics_.beforeTelling([this] { countWaiting(); });
}

void Attempts::count(const Object<Pod>& pod, Result result) {
  metrics_
      .counter("scheduler_schedule_attempts_total", "Attempts to schedule pods, by what came of them.",
               {{"profile", str(pod->getSpec().getSchedulerName())}, {"result", nameOf(result)}})
      .add();
}

void Attempts::countWaiting() {
  constexpr std::pair<const char*, Place> kQueues[] = {{"active", Place::ready},
                                                       {"backoff", Place::backing},
                                                       {"unschedulable", Place::refused},
                                                       {"gated", Place::gated}};
  for (const auto& [name, place] : kQueues) {
    metrics_.gauge("scheduler_pending_pods", "Pods that wait, by the queue that they wait in.", {{"queue", name}})
        .set(static_cast<double>(queue_.count(place)));
  }
}

}  // namespace cleat::scheduling
