#include "core/host/plugin_metrics.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>

#include "core/base/metrics.h"

namespace cleat::host {
namespace {

constexpr uint32_t kMostFamilies = 100, kMostSeries = 5000, kMostLabels = 8, kMostBuckets = 50;
constexpr size_t kLongestText = 256;

bool isMetricName(std::string_view name, bool mayHaveColons) {
  if (name.empty() || name.size() > kLongestText || std::isdigit(static_cast<unsigned char>(name[0])) != 0)
    return false;
  return std::ranges::all_of(name, [&](unsigned char c) {
    return (c < 0x80 && std::isalnum(c) != 0) || c == '_' || (c == ':' && mayHaveColons);
  });
}

std::string numberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[40];
  constexpr double kWhole = 1e15;
  if (std::abs(value) < kWhole && value == std::floor(value)) {
    std::snprintf(text, sizeof text, "%.0f", value);
    return text;
  }
  std::snprintf(text, sizeof text, "%.17g", value);
  // The shortest that reads as the same.
  for (int digits = 1; digits < 17; ++digits) {
    char shorter[40];
    std::snprintf(shorter, sizeof shorter, "%.*g", digits, value);
    if (std::strtod(shorter, nullptr) == value) return shorter;
  }
  return text;
}

const char* typeName(role::MetricType type) {
  switch (type) {
    case role::MetricType::COUNTER: return "counter";
    case role::MetricType::GAUGE: return "gauge";
    case role::MetricType::HISTOGRAM: return "histogram";
  }
  return nullptr;
}

std::unexpected<Status> refusal(std::string_view name, std::string_view why) {
  return fail(Status::badRequest(concat("the metric \"", name, "\" ", why)));
}

Result<void> checkFamily(role::MetricFamily::Reader family) {
  const std::string name = str(family.getName());
  if (!isMetricName(name, true)) return refusal(name, "has no name that Prometheus takes");
  if (typeName(family.getType()) == nullptr) return refusal(name, "is of a type that there is not");
  if (family.getLabels().size() > kMostLabels) return refusal(name, "has too many labels");
  for (auto label : family.getLabels()) {
    if (!isMetricName(view(label), false) || view(label) == "plugin" || view(label) == "le") {
      return refusal(name, concat("has a label \"", view(label), "\", which it may not have"));
    }
  }
  const auto bounds = family.getBounds();
  const bool isHistogram = family.getType() == role::MetricType::HISTOGRAM;
  if (isHistogram ? bounds.size() > kMostBuckets : bounds.size() > 0) return refusal(name, "has too many bounds");
  for (uint32_t i = 1; i < bounds.size(); ++i) {
    if (!(bounds[i - 1] < bounds[i])) return refusal(name, "has bounds that do not ascend");
  }
  return {};
}

Result<void> checkSeries(const std::string& name, role::MetricFamily::Reader family,
                         role::MetricSeries::Reader series) {
  if (series.getLabels().size() != family.getLabels().size()) return refusal(name, "has a series with other labels");
  for (auto value : series.getLabels()) {
    if (value.size() > kLongestText) return refusal(name, "has a label with a long text");
  }
  const bool isHistogram = family.getType() == role::MetricType::HISTOGRAM;
  const uint32_t wanted = isHistogram ? family.getBounds().size() + 1 : 0;
  if (series.getBuckets().size() != wanted) return refusal(name, "has a series with other buckets");
  return {};
}

void appendSeries(std::string& out, const std::string& name, const std::string& plugin,
                  role::MetricFamily::Reader family, role::MetricSeries::Reader series) {
  std::string labels = concat("plugin=\"", base::escapedForMetrics(plugin), "\"");
  for (uint32_t i = 0; i < series.getLabels().size(); ++i) {
    labels +=
        concat(",", view(family.getLabels()[i]), "=\"", base::escapedForMetrics(view(series.getLabels()[i])), "\"");
  }
  if (family.getType() != role::MetricType::HISTOGRAM) {
    out += concat(name, "{", labels, "} ", numberText(series.getValue()), "\n");
    return;
  }
  uint64_t below = 0;
  for (uint32_t i = 0; i < series.getBuckets().size(); ++i) {
    below += series.getBuckets()[i];
    const bool isLast = i == family.getBounds().size();
    const std::string bound = isLast ? "+Inf" : numberText(family.getBounds()[i]);
    out += concat(name, "_bucket{", labels, ",le=\"", bound, "\"} ", below, "\n");
  }
  out += concat(name, "_sum{", labels, "} ", numberText(series.getValue()), "\n");
  out += concat(name, "_count{", labels, "} ", below, "\n");
}

}  // namespace

Result<void> PluginMetrics::publish(const std::string& plugin, role::PublishMetricsParams::Reader said) {
  if (said.getFamilies().size() > kMostFamilies) return fail(Status::badRequest("there are too many metrics"));
  Families families;
  uint32_t count = 0;
  for (auto family : said.getFamilies()) {
    CLEAT_TRY(checkFamily(family));
    const std::string name = str(family.getName());
    auto [place, isNew] = families.try_emplace(name);
    if (!isNew) return refusal(name, "is there twice");
    Family& made = place->second;
    made.type = typeName(family.getType());
    made.help = base::escapedForMetrics(view(family.getHelp()).substr(0, kLongestText));
    for (auto series : family.getSeries()) {
      if (++count > kMostSeries) return fail(Status::badRequest("there are too many series"));
      CLEAT_TRY(checkSeries(name, family, series));
      appendSeries(made.lines, name, plugin, family, series);
    }
  }
  MutexLock lock(mutex_);
  published_[plugin] = std::move(families);
  return {};
}

void PluginMetrics::forget(const std::string& plugin) {
  MutexLock lock(mutex_);
  published_.erase(plugin);
}

std::string PluginMetrics::text(std::string_view before) const {
  MutexLock lock(mutex_);
  Families all;
  for (const auto& [plugin, families] : published_) {
    for (const auto& [name, family] : families) {
      auto [place, isNew] = all.try_emplace(name, family);
      if (!isNew && place->second.type == family.type) place->second.lines += family.lines;
    }
  }
  std::string out;
  for (const auto& [name, family] : all) {
    if (family.lines.empty() || before.find(concat("# TYPE ", name, " ")) != std::string_view::npos) continue;
    out += concat("# HELP ", name, " ", family.help, "\n# TYPE ", name, " ", family.type, "\n", family.lines);
  }
  return out;
}

}  // namespace cleat::host
