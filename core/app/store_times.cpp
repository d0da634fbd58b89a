#include "core/app/store_times.h"

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text_table.h>

#include <memory>

#include "core/api/request_metrics.h"

namespace cleat::app {
namespace {

using store::ChangeType;

const char* nameOf(ChangeType type) {
  switch (type) {
    case ChangeType::added: return "create";
    case ChangeType::modified: return "update";
    case ChangeType::deleted: break;
  }
  return "delete";
}

class StoreTimes {
 public:
  explicit StoreTimes(base::Metrics& metrics) : metrics_(metrics) {}

  void note(const store::WriteCost& cost) {
    const Series series = seriesOf(cost.kind, cost.type);
    series.duration->observe(cost.took.count());
    series.count->add();
    if (!cost.failed) return;
    metrics_
        .counter("etcd_request_errors_total", "Writes that the store could not carry out.",
                 labelsOf(cost.kind, cost.type))
        .add();
  }

 private:
  struct Series {
    base::Histogram* duration = nullptr;
    base::Counter* count = nullptr;
  };

  static base::Metrics::Labels labelsOf(const object::Kind& kind, ChangeType type) {
    return {{"operation", nameOf(type)}, {"group", kind.group}, {"resource", kind.plural}};
  }

  Series seriesOf(const object::Kind& kind, ChangeType type) {
    thread_local std::string key;  // its memory serves the next write as well
    key.assign(1, static_cast<char>(type)).append(kind.group).append(1, '/').append(kind.plural);
    MutexLock lock(mutex_);
    if (auto found = series_.find(std::string_view(key)); found != series_.end()) return found->second;
    const base::Metrics::Labels labels = labelsOf(kind, type);
    const Series made{&metrics_.histogram("etcd_request_duration_seconds",
                                          "How long the store took for writes, waiting for others included.", labels,
                                          api::kRequestBounds),
                      &metrics_.counter("etcd_requests_total", "Writes that the store was asked for.", labels)};
    return series_.emplace(key, made).first->second;
  }

  base::Metrics& metrics_;
  Mutex mutex_;
  TextTable<Series> series_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace

std::function<void(const store::WriteCost&)> storeTimes(base::Metrics& metrics) {
  return [times = std::make_shared<StoreTimes>(metrics)](const store::WriteCost& cost) { times->note(cost); };
}

}  // namespace cleat::app
