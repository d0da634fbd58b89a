#include "core/app/store_times.h"

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text_table.h>

#include <array>
#include <memory>

namespace cleat::app {
namespace {

using store::ChangeType;

constexpr int64_t kMs = 1'000'000;
// Those of requests, which they are held against.
constexpr std::array<int64_t, 23> kBounds = {
    5 * kMs,    25 * kMs,    50 * kMs,    100 * kMs,   200 * kMs,   400 * kMs,   600 * kMs,  800 * kMs,
    1000 * kMs, 1250 * kMs,  1500 * kMs,  2000 * kMs,  3000 * kMs,  4000 * kMs,  5000 * kMs, 6000 * kMs,
    8000 * kMs, 10000 * kMs, 15000 * kMs, 20000 * kMs, 30000 * kMs, 45000 * kMs, 60000 * kMs};

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
    const Series made{
        &metrics_.histogram("etcd_request_duration_seconds",
                            "How long the store took for writes, waiting for others included.", labels, kBounds),
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
