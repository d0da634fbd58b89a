// OwnMetrics: numbers that a plugin keeps about itself, for the server's /metrics. Whoever counts asks once for a
// number and keeps the reference, which stays valid as long as the plugin. What has changed is told to the host soon
// afterwards, some seconds' changes at once, so that counting costs an addition.
//
//   MetricNumber& asked = metricsOf(context()).counter("calls_total", "How often it was asked.", {{"name", hook}});
//   asked.add();
//
// Labels take values of which there are few: the host keeps so many series of a plugin and refuses more. All on the
// strand. Controllers count their queues (workqueue_…) by themselves.
#pragma once

#include <cleat/sdk/context.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cleat {

class OwnMetrics;

// A counter or a gauge.
class MetricNumber {
 public:
  explicit MetricNumber(OwnMetrics& metrics) : metrics_(metrics) {}
  void add(double difference = 1) { set(value_ + difference); }
  void set(double value);
  double value() const { return value_; }

 private:
  OwnMetrics& metrics_;
  double value_ = 0;
};

// How often values were up to which bounds.
class MetricDistribution {
 public:
  MetricDistribution(OwnMetrics& metrics, const std::vector<double>& bounds)
      : metrics_(metrics), bounds_(bounds), buckets_(bounds.size() + 1) {}
  void observe(double value);
  void observe(Duration duration) { observe(std::chrono::duration<double>(duration).count()); }

 private:
  friend class OwnMetrics;
  OwnMetrics& metrics_;
  const std::vector<double>& bounds_;
  std::vector<uint64_t> buckets_;
  double sum_ = 0;
};

class OwnMetrics {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  explicit OwnMetrics(Context& context) : context_(context) {}
  OwnMetrics(const OwnMetrics&) = delete;

  // The same name and labels give the same thing. The names of the labels, and the bounds, are those of the first who
  // asks for the name.
  MetricNumber& counter(const std::string& name, const std::string& help, Labels labels = {});
  MetricNumber& gauge(const std::string& name, const std::string& help, Labels labels = {});
  MetricDistribution& histogram(const std::string& name, const std::string& help, Labels labels,
                                std::vector<double> bounds);
  // Takes away every series that has this label with this value. Nobody uses them any more.
  void forget(const std::string& label, const std::string& value);
  // Called before numbers are told, for those that are found out rather than counted.
  void beforeTelling(std::function<void()> look) { looks_.push_back(std::move(look)); }

  // There is something new to tell.
  void changed();
  // Nothing is told any more.
  void stop() { due_.cancel(); }

 private:
  enum class Type { counter, gauge, histogram };
  struct Series {
    std::unique_ptr<MetricNumber> number;
    std::unique_ptr<MetricDistribution> distribution;
  };
  struct Family {
    std::string help;
    Type type = Type::counter;
    std::vector<std::string> labels;
    std::vector<double> bounds;
    std::map<std::vector<std::string>, Series> series;
  };
  Series& series(Type type, const std::string& name, const std::string& help, const Labels& labels,
                 std::vector<double> bounds = {});
  Task<void> tell();

  Context& context_;
  std::map<std::string, Family> families_;
  std::vector<std::function<void()>> looks_;
  Timer due_;
};

// Those of the plugin.
OwnMetrics& metricsOf(Context& context);

}  // namespace cleat
