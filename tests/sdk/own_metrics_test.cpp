// Numbers of a plugin: how they are told, and what is counted of a controller's queue.
#include <cleat/schema/role/metrics.methods.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/own_metrics.h>
#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>

namespace cleat {
namespace {

using namespace std::chrono_literals;

class Counting : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override {
    controller_.run();
    co_return Result<void>();
  }
  Task<Result<Reconciled>> reconcile(std::string key) {
    co_await context().sleep(50ms);
    if (key == "wrong" && controller_.queue().failures(key) == 0) co_return fail(Status::internal("once"));
    co_return Reconciled();
  }
  Controller& controller() { return controller_; }
  OwnMetrics& metrics() { return metricsOf(context()); }

 private:
  Controller controller_{context(), "things", [this](std::string key) { return reconcile(std::move(key)); }};
};

class MetricsTest : public testing::Test {
 protected:
  MetricsTest() {
    host.onCall(role::metrics::publish, [this](role::PublishMetricsParams::Reader params) {
      ++told;
      values.clear();
      for (auto family : params.getFamilies()) {
        for (auto series : family.getSeries()) {
          std::string name = str(family.getName());
          for (auto label : series.getLabels()) name += concat(" ", view(label));
          uint64_t count = 0;
          for (auto bucket : series.getBuckets()) count += bucket;
          values[name] =
              family.getType() == role::MetricType::HISTOGRAM ? static_cast<double>(count) : series.getValue();
        }
      }
      return Result<void>();
    });
  }

  test::FakeHost host;
  test::Started<Counting> plugin = host.start<Counting>();
  int told = 0;
  std::map<std::string, double> values;
};

TEST_F(MetricsTest, ChangesOfSomeSecondsAreToldTogether) {
  host.advance(10s);
  told = 0;
  plugin.enter([&] {
    plugin->metrics().counter("calls_total", "Calls.", {{"hook", "a"}}).add(2);
    plugin->metrics().counter("calls_total", "Calls.", {{"hook", "a"}}).add(3);
    plugin->metrics().gauge("open", "Open ones.").set(7);
    plugin->metrics().histogram("took_seconds", "Time.", {}, {1, 2}).observe(1.5);
  });
  host.settle();
  EXPECT_EQ(told, 0);
  host.advance(6s);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(values["calls_total a"], 5);
  EXPECT_EQ(values["open"], 7);
  EXPECT_EQ(values["took_seconds"], 1);
  host.advance(60s);
  EXPECT_EQ(told, 1) << "nothing has changed";
}

TEST_F(MetricsTest, WhatIsForgottenIsToldNoMore) {
  plugin.enter([&] {
    plugin->metrics().gauge("up", "Up.", {{"name", "a"}}).set(1);
    plugin->metrics().gauge("up", "Up.", {{"name", "b"}}).set(1);
    plugin->metrics().forget("name", "a");
  });
  host.advance(6s);
  EXPECT_FALSE(values.contains("up a"));
  EXPECT_EQ(values["up b"], 1);
}

TEST_F(MetricsTest, QueuesOfControllersAreCounted) {
  plugin.enter([&] {
    for (const char* key : {"a", "b", "a", "wrong"}) plugin->controller().enqueue(key);
  });
  host.advance(12s);
  EXPECT_EQ(values["workqueue_adds_total things"], 4) << "one comes again after its failure";
  EXPECT_EQ(values["workqueue_retries_total things"], 1);
  EXPECT_EQ(values["workqueue_depth things"], 0);
  EXPECT_EQ(values["workqueue_queue_duration_seconds things"], 4);
  EXPECT_EQ(values["workqueue_work_duration_seconds things"], 4);
  EXPECT_EQ(values["workqueue_unfinished_work_seconds things"], 0);
}

}  // namespace
}  // namespace cleat
