#include "core/api/flow/flow_counts.h"

#include <array>

namespace cleat::api {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr std::array<int64_t, 13> kDurations = {0,           5 * kMs,     20 * kMs,   50 * kMs,   100 * kMs,
                                                200 * kMs,   500 * kMs,   1000 * kMs, 2000 * kMs, 5000 * kMs,
                                                10000 * kMs, 15000 * kMs, 30000 * kMs};
constexpr std::array<int64_t, 8> kLengths = {0, 10, 25, 50, 100, 250, 500, 1000};

std::string named(const char* name) { return std::string("apiserver_flowcontrol_") + name; }

// These two come first, so that all that is counted of a flow or a level is found by them.
base::Metrics::Labels labelsOf(const std::string& level, const std::string& flow) {
  return {{"priority_level", level}, {"flow_schema", flow}};
}

base::Metrics::Labels with(base::Metrics::Labels labels, const char* key, const char* value) {
  labels.emplace_back(key, value);
  return labels;
}

base::Counter& rejected(base::Metrics& metrics, base::Metrics::Labels labels, const char* reason) {
  return metrics.counter(named("rejected_requests_total"), "Requests that were turned away.",
                         with(std::move(labels), "reason", reason));
}

base::Histogram& waits(base::Metrics& metrics, base::Metrics::Labels labels, const char* execute) {
  return metrics.histogram(named("request_wait_duration_seconds"), "How long requests waited for a seat.",
                           with(std::move(labels), "execute", execute), kDurations);
}

base::Gauge& seatsOf(base::Metrics& metrics, const std::string& level, const char* name, const char* help) {
  return metrics.gauge(named(name), help, {{"priority_level", level}});
}

}  // namespace

FlowCounts::FlowCounts(base::Metrics& metrics, const std::string& level, const std::string& flow)
    : dispatched(
          metrics.counter(named("dispatched_requests_total"), "Requests that got a seat.", labelsOf(level, flow))),
      queueFull(rejected(metrics, labelsOf(level, flow), "queue-full")),
      noSeat(rejected(metrics, labelsOf(level, flow), "concurrency-limit")),
      timedOut(rejected(metrics, labelsOf(level, flow), "time-out")),
      waiting(metrics.gauge(named("current_inqueue_requests"), "Requests that wait in queues.", labelsOf(level, flow))),
      executing(metrics.gauge(named("current_executing_requests"),
                              "Requests that have a seat: of watches, those that are beginning.",
                              labelsOf(level, flow))),
      seats(metrics.gauge(named("current_executing_seats"), "Seats that requests have.", labelsOf(level, flow))),
      waited(waits(metrics, labelsOf(level, flow), "true")),
      waitedInVain(waits(metrics, labelsOf(level, flow), "false")),
      executed(metrics.histogram(named("request_execution_seconds"), "How long requests had their seats.",
                                 labelsOf(level, flow), kDurations)),
      queueLength(metrics.histogram(named("request_queue_length_after_enqueue"),
                                    "How many requests a queue had with one that was put into it.",
                                    labelsOf(level, flow), kLengths, 1)) {}

LevelCounts::LevelCounts(base::Metrics& metrics, const std::string& level)
    : nominal(seatsOf(metrics, level, "nominal_limit_seats", "A level's share of all seats.")),
      lower(seatsOf(metrics, level, "lower_limit_seats", "How few seats a level may be left with.")),
      upper(seatsOf(metrics, level, "upper_limit_seats", "How many seats a level may have.")),
      current(seatsOf(metrics, level, "current_limit_seats", "How many seats a level has at present.")),
      mostDemand(seatsOf(metrics, level, "demand_seats_high_watermark",
                         "The most seats that a level wanted at a time in the last ten seconds.")) {}

void forgetFlow(base::Metrics& metrics, const std::string& level, const std::string& flow) {
  metrics.forget(labelsOf(level, flow));
}

void forgetLevel(base::Metrics& metrics, const std::string& level) { metrics.forget({{"priority_level", level}}); }

}  // namespace cleat::api
