#include <cleat/schema/role/metrics.methods.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/own_metrics.h>

#include <algorithm>

#include "strand.h"

namespace cleat {

namespace {

// How long changes are collected.
constexpr Duration kCollected = std::chrono::seconds(5);

}  // namespace

void MetricNumber::set(double value) {
  if (value == value_) return;
  value_ = value;
  metrics_.changed();
}

void MetricDistribution::observe(double value) {
  const auto place = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  ++buckets_[static_cast<size_t>(place)];
  sum_ += value;
  metrics_.changed();
}

OwnMetrics::Series& OwnMetrics::series(Type type, const std::string& name, const std::string& help,
                                       const Labels& labels, std::vector<double> bounds) {
  auto [place, isNew] = families_.try_emplace(name);
  Family& family = place->second;
  if (isNew) {
    family.help = help;
    family.type = type;
    family.bounds = std::move(bounds);
    for (const auto& [key, value] : labels) family.labels.push_back(key);
  }
  std::vector<std::string> values;
  values.reserve(labels.size());
  for (const auto& [key, value] : labels) values.push_back(value);
  Series& found = family.series[std::move(values)];
  if (found.number || found.distribution) return found;
  if (family.type == Type::histogram) {
    found.distribution = std::make_unique<MetricDistribution>(*this, family.bounds);
  } else {
    found.number = std::make_unique<MetricNumber>(*this);
  }
  changed();
  return found;
}

MetricNumber& OwnMetrics::counter(const std::string& name, const std::string& help, Labels labels) {
  return *series(Type::counter, name, help, labels).number;
}

MetricNumber& OwnMetrics::gauge(const std::string& name, const std::string& help, Labels labels) {
  return *series(Type::gauge, name, help, labels).number;
}

MetricDistribution& OwnMetrics::histogram(const std::string& name, const std::string& help, Labels labels,
                                          std::vector<double> bounds) {
  return *series(Type::histogram, name, help, labels, std::move(bounds)).distribution;
}

void OwnMetrics::forget(const std::string& label, const std::string& value) {
  for (auto& [name, family] : families_) {
    const auto at = std::ranges::find(family.labels, label) - family.labels.begin();
    if (at == std::ssize(family.labels)) continue;
    std::erase_if(family.series, [&](const auto& each) { return each.first[static_cast<size_t>(at)] == value; });
  }
  changed();
}

void OwnMetrics::changed() {
  if (due_.pending() || context_.strand().stopping()) return;
  due_ = context_.after(kCollected, [this] { spawn(tell()); });
}

Task<void> OwnMetrics::tell() {
  for (const auto& look : looks_) look();
  auto fill = [this](role::PublishMetricsParams::Builder params) {
    auto families = params.initFamilies(static_cast<uint32_t>(families_.size()));
    uint32_t at = 0;
    for (const auto& [name, family] : families_) {
      auto to = families[at++];
      to.setName(name);
      to.setHelp(family.help);
      to.setType(static_cast<role::MetricType>(family.type));
      to.adoptLabels(textList(orphanageOf(to), family.labels));
      auto bounds = to.initBounds(static_cast<uint32_t>(family.bounds.size()));
      for (uint32_t i = 0; i < bounds.size(); ++i) bounds.set(i, family.bounds[i]);
      auto list = to.initSeries(static_cast<uint32_t>(family.series.size()));
      uint32_t row = 0;
      for (const auto& [labels, series] : family.series) {
        auto one = list[row++];
        one.adoptLabels(textList(orphanageOf(one), labels));
        if (series.number) one.setValue(series.number->value());
        if (!series.distribution) continue;
        one.setValue(series.distribution->sum_);
        auto buckets = one.initBuckets(static_cast<uint32_t>(series.distribution->buckets_.size()));
        for (uint32_t i = 0; i < buckets.size(); ++i) buckets.set(i, series.distribution->buckets_[i]);
      }
    }
  };
  auto telling = context_.call(role::metrics::publish, fill);
  const auto told = co_await std::move(telling);
  // A host that keeps no numbers, as one of a test, is no reason to do anything else.
  if (!told) context_.log.debug(concat("its numbers were not taken: ", told.error()));
}

OwnMetrics& metricsOf(Context& context) { return context.strand().metrics(context); }

}  // namespace cleat
