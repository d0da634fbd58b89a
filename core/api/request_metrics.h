// RequestMetrics: what dashboards read of an API server about its requests, under the names and labels that Kubernetes'
// has them. Labels take no values but those of kinds that there are, so that no client can fill the memory with series.
#pragma once

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text_table.h>

#include <array>
#include <string>
#include <string_view>

#include "core/base/metrics.h"
#include "core/object/kind.h"

namespace cleat::api {

// Up to how long requests take, in nanoseconds; also of what is held against them.
inline constexpr std::array<int64_t, 23> kRequestBounds = [] {
  std::array<int64_t, 23> bounds = {5,    25,   50,   100,  200,  400,   600,   800,   1000,  1250,  1500, 2000,
                                    3000, 4000, 5000, 6000, 8000, 10000, 15000, 20000, 30000, 45000, 60000};
  for (int64_t& bound : bounds) bound *= 1'000'000;
  return bounds;
}();

// What a request is about, as its URL says it. Texts of the request's kind and of the program: every request has them,
// so they are not copied.
struct RequestLabels {
  std::string_view verb;    // "GET", "LIST", "WATCH", "POST", "PUT", "PATCH", "APPLY", "DELETE", "CONNECT"
  std::string_view dryRun;  // "All"
  std::string_view group, version, resource, subresource;
  std::string_view scope;  // "cluster", "namespace", "resource"; empty: it is about no resource

  bool mutates() const { return verb != "GET" && verb != "LIST" && verb != "WATCH" && verb != "CONNECT"; }
};

class RequestMetrics {
 public:
  explicit RequestMetrics(base::Metrics& metrics);

  // Somebody asked who they are, with the credentials that a request came with.
  void authenticated(bool known, int64_t nanoseconds);
  // Somebody was known by a certificate that is good for so long.
  void certificateShown(int64_t secondsLeft) { certificates_.observe(secondsLeft); }
  // A request was turned away because the server has enough to do.
  void terminated(const RequestLabels& labels, int code);
  // A request has been answered; 0: its client has gone before. So much of the time it waited for its turn.
  void finished(const RequestLabels& labels, int code, int64_t nanoseconds, int64_t waitedNs = 0);
  // An answer to a GET or a LIST is on its way: so many bytes, before they are compressed.
  void answered(const RequestLabels& labels, size_t bytes);
  // How many are in hand that do not last.
  base::Gauge& inFlight(bool mutating) { return mutating ? mutating_ : readOnly_; }
  // How many last: watches, and connections with what stands behind the API.
  base::Gauge& longRunning(const RequestLabels& labels);
  base::Counter& watchEvents(const object::Kind& kind);
  base::Histogram& watchEventSizes(const object::Kind& kind);
  // A request on a kind, or a version of it, that will not always be there.
  void deprecated(const RequestLabels& labels);
  // An answer that had begun will not be whole.
  void aborted(const RequestLabels& labels);
  // Connections that ended with their handshake.
  base::Counter& handshakeErrors() { return handshakeErrors_; }

 private:
  struct Series {
    base::Counter* count = nullptr;
    base::Histogram* duration = nullptr;
    base::Histogram* objective = nullptr;
  };
  Series seriesOf(const RequestLabels& labels, int code);
  base::Histogram& sizesOf(const RequestLabels& labels);

  base::Metrics& metrics_;
  base::Gauge &readOnly_, &mutating_;
  base::Histogram& certificates_;
  base::Counter& handshakeErrors_;
  Mutex mutex_;
  // By all labels with the code: what is counted with each request is found without making a text of them.
  TextTable<Series> series_ CLEAT_GUARDED_BY(mutex_);
  TextTable<base::Histogram*> sizes_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::api
