#include "core/base/metrics.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace cleat::base {
namespace {

constexpr std::array<int64_t, 11> kBounds = {100'000,       500'000,       1'000'000,     5'000'000,
                                             10'000'000,    50'000'000,    100'000'000,   500'000'000,
                                             1'000'000'000, 5'000'000'000, 10'000'000'000};

std::string written(const Metrics::Labels& labels) {
  std::string out;
  for (const auto& [key, value] : labels) {
    if (!out.empty()) out += ',';
    out += key + "=\"" + escapedForMetrics(value) + "\"";
  }
  return out;
}

std::string line(const std::string& name, const std::string& labels, const std::string& value) {
  return name + (labels.empty() ? "" : "{" + labels + "}") + " " + value + "\n";
}

}  // namespace

std::string escapedForMetrics(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

Histogram::Histogram(std::span<const int64_t> bounds, int64_t unit)
    : bounds_(bounds), unit_(unit), buckets_(new std::atomic<uint64_t>[bounds.size()]()) {}

std::span<const int64_t> Histogram::usualBounds() { return kBounds; }

std::string Histogram::text(int64_t value) const {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", static_cast<double>(value) / static_cast<double>(unit_));
  return text;
}

void Histogram::observe(int64_t value) {
  auto bound = std::ranges::lower_bound(bounds_, value);
  if (bound != bounds_.end()) buckets_[bound - bounds_.begin()].fetch_add(1, std::memory_order_relaxed);
  count_.fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

Metrics::Series& Metrics::series(const std::string& name, const std::string& help, const char* type,
                                 const Labels& labels) {
  Family& family = families_[name];
  if (family.type.empty()) {
    family.type = type;
    family.help = help;
  }
  if (family.type != type) {
    std::fprintf(stderr, "metric %s is a %s, not a %s\n", name.c_str(), family.type.c_str(), type);
    std::abort();
  }
  return family.series[written(labels)];
}

Counter& Metrics::counter(const std::string& name, const std::string& help, Labels labels) {
  MutexLock lock(mutex_);
  Series& found = series(name, help, "counter", labels);
  if (!found.counter) found.counter = std::make_unique<Counter>();
  return *found.counter;
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, Labels labels) {
  MutexLock lock(mutex_);
  Series& found = series(name, help, "gauge", labels);
  if (!found.gauge) found.gauge = std::make_unique<Gauge>();
  return *found.gauge;
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help, Labels labels,
                              std::span<const int64_t> bounds, int64_t unit) {
  MutexLock lock(mutex_);
  Series& found = series(name, help, "histogram", labels);
  if (!found.histogram) found.histogram = std::make_unique<Histogram>(bounds, unit);
  return *found.histogram;
}

void Metrics::forget(const Labels& labels) {
  const std::string beginning = written(labels);
  MutexLock lock(mutex_);
  for (auto& [name, family] : families_) {
    std::erase_if(family.series,
                  [&](const auto& each) { return each.first == beginning || each.first.starts_with(beginning + ","); });
  }
}

std::string Metrics::text() const {
  MutexLock lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out += "# HELP " + name + " " + family.help + "\n# TYPE " + name + " " + family.type + "\n";
    for (const auto& [labels, series] : family.series) {
      if (series.counter) out += line(name, labels, std::to_string(series.counter->value()));
      if (series.gauge) out += line(name, labels, std::to_string(series.gauge->value()));
      if (!series.histogram) continue;
      const Histogram& histogram = *series.histogram;
      std::string prefix = labels.empty() ? "" : labels + ",";
      uint64_t total = histogram.count();
      uint64_t below = 0;
      for (size_t i = 0; i < histogram.bounds_.size(); ++i) {
        below += histogram.buckets_[i].load(std::memory_order_relaxed);
        out += line(name + "_bucket", prefix + "le=\"" + histogram.text(histogram.bounds_[i]) + "\"",
                    std::to_string(below));
      }
      out += line(name + "_bucket", prefix + "le=\"+Inf\"", std::to_string(total));
      out += line(name + "_sum", labels, histogram.text(histogram.sum_.load(std::memory_order_relaxed)));
      out += line(name + "_count", labels, std::to_string(total));
    }
  }
  return out;
}

}  // namespace cleat::base
