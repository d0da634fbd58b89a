// What is counted of controllers' queues, under the names that Kubernetes' controllers have for it. A queue that is a
// controller's is known by its address; all others are not counted.
#pragma once

#include <cleat/sdk/own_metrics.h>
#include <cleat/sdk/time.h>

#include <memory>
#include <string>
#include <unordered_map>

namespace cleat {
class WorkQueue;
}

namespace cleat::detail {

class QueueCounts {
 public:
  QueueCounts(Context& context, const std::string& name);

  void added(const std::string& key);  // it is due
  void begun(const std::string& key);  // it is worked on
  void ended(const std::string& key);
  void retried() { retries_.add(); }
  // What changes while nothing happens.
  void look();

 private:
  Context& context_;
  MetricNumber &depth_, &adds_, &retries_, &unfinished_, &longest_;
  MetricDistribution &waited_, &worked_;
  std::unordered_map<std::string, Instant> due_, working_;
};

// The queues of one plugin.
class CountedQueues {
 public:
  void add(const WorkQueue& queue, Context& context, const std::string& name) {
    auto counts = std::make_shared<QueueCounts>(context, name);
    metricsOf(context).beforeTelling([weak = std::weak_ptr(counts)] {
      if (auto counts = weak.lock()) counts->look();
    });
    counts_[&queue] = std::move(counts);
  }
  void remove(const WorkQueue& queue) { counts_.erase(&queue); }
  // Null: it is not counted.
  QueueCounts* find(const WorkQueue& queue) const {
    const auto found = counts_.find(&queue);
    return found == counts_.end() ? nullptr : found->second.get();
  }

 private:
  std::unordered_map<const WorkQueue*, std::shared_ptr<QueueCounts>> counts_;
};

}  // namespace cleat::detail
