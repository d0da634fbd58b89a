#include "core/host/plugin_metrics.h"

#include <gmock/gmock.h>

#include <functional>

#include "core/object/message.h"

namespace cleat::host {
namespace {

using Fill = std::function<void(role::MetricFamily::Builder)>;

class PluginMetricsTest : public testing::Test {
 protected:
  Result<void> publish(const std::string& plugin, const Fill& fill, uint32_t families = 1) {
    const auto message =
        object::makeMessage<role::PublishMetricsParams>([&](role::PublishMetricsParams::Builder params) {
          for (auto family : params.initFamilies(families)) fill(family);
        });
    return metrics_.publish(plugin, message->root<role::PublishMetricsParams>());
  }
  static Fill counter(const std::string& name, double value, const std::string& label = "x") {
    return [=](role::MetricFamily::Builder family) {
      family.setName(name);
      family.setHelp("How many\nthere are.");
      family.initLabels(1).set(0, "name");
      auto series = family.initSeries(1)[0];
      series.initLabels(1).set(0, label);
      series.setValue(value);
    };
  }

  PluginMetrics metrics_;
};

TEST_F(PluginMetricsTest, WhatPluginsPublishIsWrittenTogether) {
  ASSERT_TRUE(publish("b", counter("calls_total", 2)));
  ASSERT_TRUE(publish("a", counter("calls_total", 0.25, "say \"x\"\\")));
  EXPECT_EQ(metrics_.text(""),
            "# HELP calls_total How many\\nthere are.\n# TYPE calls_total counter\n"
            "calls_total{plugin=\"a\",name=\"say \\\"x\\\"\\\\\"} 0.25\n"
            "calls_total{plugin=\"b\",name=\"x\"} 2\n");
  ASSERT_TRUE(publish("a", counter("others_total", 1)));
  EXPECT_THAT(metrics_.text(""), testing::HasSubstr("others_total{plugin=\"a\",name=\"x\"} 1\n"));
  EXPECT_THAT(metrics_.text(""), testing::Not(testing::HasSubstr("0.25")));
  EXPECT_THAT(metrics_.text("# TYPE others_total gauge\n"), testing::Not(testing::HasSubstr("others_total")));
  metrics_.forget("a");
  metrics_.forget("b");
  EXPECT_EQ(metrics_.text(""), "");
}

TEST_F(PluginMetricsTest, HistogramsAddUp) {
  ASSERT_TRUE(publish("a", [](role::MetricFamily::Builder family) {
    family.setName("took_seconds");
    family.setType(role::MetricType::HISTOGRAM);
    auto bounds = family.initBounds(2);
    bounds.set(0, 1e-8);
    bounds.set(1, 10);
    auto series = family.initSeries(1)[0];
    series.setValue(31.5);
    auto buckets = series.initBuckets(3);
    buckets.set(0, 1);
    buckets.set(2, 3);
  }));
  EXPECT_EQ(metrics_.text(""),
            "# HELP took_seconds \n# TYPE took_seconds histogram\n"
            "took_seconds_bucket{plugin=\"a\",le=\"1e-08\"} 1\ntook_seconds_bucket{plugin=\"a\",le=\"10\"} 1\n"
            "took_seconds_bucket{plugin=\"a\",le=\"+Inf\"} 4\ntook_seconds_sum{plugin=\"a\"} 31.5\n"
            "took_seconds_count{plugin=\"a\"} 4\n");
}

TEST_F(PluginMetricsTest, WhatCannotBeWrittenIsRefused) {
  ASSERT_TRUE(publish("a", counter("good", 1)));
  for (const char* name : {"", "1x", "with space", "a{b}", "a\nb"})
    EXPECT_FALSE(publish("a", counter(name, 1))) << name;
  EXPECT_FALSE(publish("a", counter("twice", 1), 2));
  EXPECT_FALSE(publish("a", counter("long", 1, std::string(1000, 'x'))));
  EXPECT_FALSE(publish("a", [](role::MetricFamily::Builder family) {
    family.setName("labelled");
    family.initLabels(1).set(0, "plugin");
  }));
  EXPECT_FALSE(publish("a", [](role::MetricFamily::Builder family) {
    family.setName("many");
    family.initSeries(5001);
  }));
  EXPECT_FALSE(publish("a", [](role::MetricFamily::Builder family) {
    family.setName("uneven");
    family.setType(role::MetricType::HISTOGRAM);
    family.initBounds(2);
  }));
  EXPECT_THAT(metrics_.text(""), testing::HasSubstr("good"));
}

}  // namespace
}  // namespace cleat::host
