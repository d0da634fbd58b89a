// Metrics: numbers that the program keeps about itself, written out as Prometheus' text format. Whoever counts asks the
// registry once for a counter, gauge or histogram and keeps the reference, which stays valid as long as the registry;
// raising it is one atomic addition, from any thread.
//
//   Counter& calls = metrics.counter("cleat_plugin_calls_total", "Role calls, by plugin.", {{"plugin", name}});
//   calls.add();
#pragma once

#include <cleat/sdk/mutex.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::base {

class Counter {
 public:
  void add(uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(int64_t difference) { value_.fetch_add(difference, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Of durations: observed in nanoseconds, written in seconds. With another unit it is of what is told in that: with 1 of
// whole numbers.
class Histogram {
 public:
  static constexpr int64_t kNanoseconds = 1'000'000'000;

  explicit Histogram(std::span<const int64_t> bounds = usualBounds(), int64_t unit = kNanoseconds);
  void observe(int64_t value);
  uint64_t count() const { return count_.load(std::memory_order_relaxed); }

  // Upper bounds of buckets: 100 µs to 10 s.
  static std::span<const int64_t> usualBounds();

 private:
  friend class Metrics;
  std::string text(int64_t value) const;
  const std::span<const int64_t> bounds_;
  const int64_t unit_;
  std::unique_ptr<std::atomic<uint64_t>[]> buckets_;
  std::atomic<uint64_t> count_{0};
  std::atomic<int64_t> sum_{0};
};

// As values of labels, and texts of help, are written between quotes in Prometheus' text.
std::string escapedForMetrics(std::string_view text);

class Metrics {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  // The same name and labels give the same thing. A name stands for one type.
  Counter& counter(const std::string& name, const std::string& help, Labels labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, Labels labels = {});
  // The upper bounds of the buckets stay where they are; those of the first who asks count.
  Histogram& histogram(const std::string& name, const std::string& help, Labels labels = {},
                       std::span<const int64_t> bounds = Histogram::usualBounds(),
                       int64_t unit = Histogram::kNanoseconds);

  // Takes away everything, of whatever name, whose labels begin with these. Nobody uses it any more.
  void forget(const Labels& labels);

  // Prometheus text, version 0.0.4.
  std::string text() const;

 private:
  struct Series {
    std::unique_ptr<Counter> counter;
    std::unique_ptr<Gauge> gauge;
    std::unique_ptr<Histogram> histogram;
  };
  struct Family {
    std::string help, type;
    std::map<std::string, Series> series;  // by the labels as they are written
  };
  Series& series(const std::string& name, const std::string& help, const char* type, const Labels& labels)
      CLEAT_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, Family> families_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::base
