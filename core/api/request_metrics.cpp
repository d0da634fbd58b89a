#include "core/api/request_metrics.h"

#include <array>

namespace cleat::api {
namespace {

constexpr int64_t kHour = 3600, kDay = 24 * kHour;
constexpr std::array<int64_t, 14> kCertificateBounds = {0,          kHour / 2, kHour,      2 * kHour, 6 * kHour,
                                                        12 * kHour, kDay,      2 * kDay,   4 * kDay,  7 * kDay,
                                                        30 * kDay,  90 * kDay, 180 * kDay, 360 * kDay};

constexpr std::array<int64_t, 7> kSizeBounds = {1'000,      10'000,      100'000,      1'000'000,
                                                10'000'000, 100'000'000, 1'000'000'000};

constexpr std::array<int64_t, 8> kEventSizeBounds = {1 << 10, 1 << 11, 1 << 12, 1 << 13,
                                                     1 << 14, 1 << 15, 1 << 16, 1 << 17};

constexpr const char* kInFlight = "apiserver_current_inflight_requests";
constexpr const char* kInFlightHelp = "Requests in hand that are no watches or streams, by kind of request.";

base::Metrics::Labels written(const RequestLabels& labels, bool withDryRun) {
  base::Metrics::Labels all{{"component", "apiserver"}};
  if (withDryRun) all.emplace_back("dry_run", labels.dryRun);
  all.emplace_back("group", labels.group);
  all.emplace_back("resource", labels.resource);
  all.emplace_back("scope", labels.scope);
  all.emplace_back("subresource", labels.subresource);
  all.emplace_back("verb", labels.verb);
  all.emplace_back("version", labels.version);
  return all;
}

base::Metrics::Labels kindLabels(const object::Kind& kind) {
  return {{"group", kind.group}, {"resource", kind.plural}, {"version", kind.version}};
}

// Its memory serves the next request as well.
std::string& keyOf(const RequestLabels& labels) {
  thread_local std::string key;
  key.clear();
  for (std::string_view label :
       {labels.verb, labels.dryRun, labels.group, labels.version, labels.resource, labels.subresource, labels.scope}) {
    key.append(label).push_back('\n');
  }
  return key;
}

}  // namespace

RequestMetrics::RequestMetrics(base::Metrics& metrics)
    : metrics_(metrics), readOnly_(metrics.gauge(kInFlight, kInFlightHelp, {{"request_kind", "readOnly"}})),
      mutating_(metrics.gauge(kInFlight, kInFlightHelp, {{"request_kind", "mutating"}})),
      certificates_(metrics.histogram("apiserver_client_certificate_expiration_seconds",
                                      "How long the certificates are good that clients were known by.", {},
                                      kCertificateBounds, 1)),
      handshakeErrors_(metrics.counter("apiserver_tls_handshake_errors_total",
                                       "Connections that were given up because of their TLS handshake.")) {}

RequestMetrics::Series RequestMetrics::seriesOf(const RequestLabels& labels, int code) {
  std::string& key = keyOf(labels);
  key.push_back(static_cast<char>(code >> 8));
  key.push_back(static_cast<char>(code));
  MutexLock lock(mutex_);
  auto found = series_.find(std::string_view(key));
  if (found == series_.end()) found = series_.emplace(key, Series{}).first;
  Series& series = found->second;
  if (series.count == nullptr) {
    base::Metrics::Labels counted = written(labels, true);
    counted.insert(counted.begin(), {"code", std::to_string(code)});
    series.count = &metrics_.counter("apiserver_request_total", "Requests that were answered.", counted);
    series.duration =
        &metrics_.histogram("apiserver_request_duration_seconds", "How long requests took, from head to last byte.",
                            written(labels, true), kRequestBounds);
    // What dashboards hold against objectives: without the time in queues.
    series.objective = &metrics_.histogram("apiserver_request_sli_duration_seconds",
                                           "How long requests took, as service level objectives count it.",
                                           written(labels, false), kRequestBounds);
  }
  return series;
}

void RequestMetrics::finished(const RequestLabels& labels, int code, int64_t nanoseconds, int64_t waitedNs) {
  const Series series = seriesOf(labels, code);
  series.count->add();
  series.duration->observe(nanoseconds);
  series.objective->observe(nanoseconds - waitedNs);
}

base::Histogram& RequestMetrics::sizesOf(const RequestLabels& labels) {
  const std::string& key = keyOf(labels);
  MutexLock lock(mutex_);
  auto found = sizes_.find(std::string_view(key));
  if (found != sizes_.end()) return *found->second;
  base::Histogram& sizes =
      metrics_.histogram("apiserver_response_sizes", "Bytes of what reads were answered, before compression.",
                         written(labels, false), kSizeBounds, 1);
  return *sizes_.emplace(key, &sizes).first->second;
}

void RequestMetrics::answered(const RequestLabels& labels, size_t bytes) {
  sizesOf(labels).observe(static_cast<int64_t>(bytes));
}

void RequestMetrics::authenticated(bool known, int64_t nanoseconds) {
  const base::Metrics::Labels result{{"result", known ? "success" : "failure"}};
  metrics_.counter("authentication_attempts", "How often it was asked who somebody is, by result.", result).add();
  metrics_.histogram("authentication_duration_seconds", "How long it took to find out who somebody is.", result)
      .observe(nanoseconds);
}

void RequestMetrics::terminated(const RequestLabels& labels, int code) {
  base::Metrics::Labels counted = written(labels, false);
  counted.insert(counted.begin(), {"code", std::to_string(code)});
  metrics_
      .counter("apiserver_request_terminations_total",
               "Requests that were turned away because the server had enough to do.", counted)
      .add();
}

base::Gauge& RequestMetrics::longRunning(const RequestLabels& labels) {
  return metrics_.gauge("apiserver_longrunning_requests", "Watches and streams that are open.", written(labels, false));
}

base::Counter& RequestMetrics::watchEvents(const object::Kind& kind) {
  return metrics_.counter("apiserver_watch_events_total", "Events that watches were sent.", kindLabels(kind));
}

base::Histogram& RequestMetrics::watchEventSizes(const object::Kind& kind) {
  return metrics_.histogram("apiserver_watch_events_sizes", "Bytes of the events that watches were sent.",
                            kindLabels(kind), kEventSizeBounds, 1);
}

void RequestMetrics::deprecated(const RequestLabels& labels) {
  metrics_
      .gauge("apiserver_requested_deprecated_apis", "1 for what is deprecated and was asked for all the same.",
             {{"group", std::string(labels.group)},
              {"removed_release", ""},
              {"resource", std::string(labels.resource)},
              {"subresource", std::string(labels.subresource)},
              {"version", std::string(labels.version)}})
      .set(1);
}

void RequestMetrics::aborted(const RequestLabels& labels) {
  base::Metrics::Labels counted = written(labels, false);
  counted.erase(counted.begin());  // the component
  metrics_.counter("apiserver_request_aborts_total", "Answers that were broken off.", counted).add();
}

}  // namespace cleat::api
