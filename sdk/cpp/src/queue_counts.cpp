#include "queue_counts.h"

#include <algorithm>

namespace cleat::detail {

namespace {

// 10 ns to 10 s, as Kubernetes has them.
std::vector<double> durations() { return {1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10}; }

OwnMetrics::Labels called(const std::string& name) { return {{"name", name}}; }

}  // namespace

QueueCounts::QueueCounts(Context& context, const std::string& name)
    : context_(context),
      depth_(metricsOf(context).gauge("workqueue_depth", "Keys that are due and not worked on.", called(name))),
      adds_(metricsOf(context).counter("workqueue_adds_total", "Keys that became due.", called(name))),
      retries_(
          metricsOf(context).counter("workqueue_retries_total", "Keys that come again after a failure.", called(name))),
      unfinished_(metricsOf(context).gauge("workqueue_unfinished_work_seconds",
                                           "For how long all the keys together have been worked on that still are.",
                                           called(name))),
      longest_(metricsOf(context).gauge("workqueue_longest_running_processor_seconds",
                                        "For how long the key has been worked on that was begun first.", called(name))),
      waited_(metricsOf(context).histogram("workqueue_queue_duration_seconds", "How long keys were due.", called(name),
                                           durations())),
      worked_(metricsOf(context).histogram("workqueue_work_duration_seconds", "How long keys were worked on.",
                                           called(name), durations())) {}

void QueueCounts::added(const std::string& key) {
  due_.emplace(key, context_.now());
  adds_.add();
  depth_.set(static_cast<double>(due_.size()));
}

void QueueCounts::begun(const std::string& key) {
  const Instant now = context_.now();
  if (const auto found = due_.find(key); found != due_.end()) {
    waited_.observe(now - found->second);
    due_.erase(found);
  }
  working_[key] = now;
  depth_.set(static_cast<double>(due_.size()));
}

void QueueCounts::ended(const std::string& key) {
  const auto found = working_.find(key);
  if (found == working_.end()) return;
  worked_.observe(context_.now() - found->second);
  working_.erase(found);
}

void QueueCounts::look() {
  const Instant now = context_.now();
  Duration all{}, longest{};
  for (const auto& [key, since] : working_) {
    all += now - since;
    longest = std::max<Duration>(longest, now - since);
  }
  unfinished_.set(std::chrono::duration<double>(all).count());
  longest_.set(std::chrono::duration<double>(longest).count());
  // It grows while they are worked on.
  if (!working_.empty()) metricsOf(context_).changed();
}

}  // namespace cleat::detail
