// Where metrics come from: what pods use of resources from metrics.k8s.io, which the cluster serves itself; everything
// else from custom.metrics.k8s.io and external.metrics.k8s.io, where such an API is there, over HTTPS to the API server
// under the plugin's own name. What cannot be read is told in Kubernetes' words.
//
// All amounts are in thousandths.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/autoscaling_v2.h>
#include <cleat/sdk/kinds/metrics_v1beta1.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "https-common/https_reader.h"
#include "replica_count.h"

namespace cleat::autoscaler {

// What the objects of metrics say of a resource; of the one container if it is named.
Result<PodMetrics> metricsIn(const std::vector<Object<metrics_v1beta1::PodMetrics>>& listed, std::string_view resource,
                             std::string_view container);

// A MetricValueList, or an ExternalMetricValueList.
struct MetricValue {
  std::string object;  // the name of what it is of
  int64_t value = 0;
  WallTime at{};
  Duration window{};
};
Result<std::vector<MetricValue>> readMetricValues(std::string_view json, WallTime now);

// A part of a path or a query, in which nothing means anything but itself.
std::string escaped(std::string_view text);

struct ObjectOfMetric {
  std::string resource, group, ns, name;  // a cluster-wide one has no namespace
};

class MetricSources {
 public:
  // An answer to a path of the API server.
  using Get = std::function<Task<HttpsAnswer>(std::string target)>;
  MetricSources(Context& context, Get get) : context_(context), client_(context), get_(std::move(get)) {}

  // `selector` chooses the pods.
  Task<Result<PodMetrics>> ofResource(std::string ns, std::string selector, std::string resource,
                                      std::string container);
  Task<Result<PodMetrics>> ofPods(std::string ns, std::string selector, std::string metric, std::string series);
  Task<Result<int64_t>> ofObject(ObjectOfMetric object, std::string metric, std::string series);
  // The sum of all series.
  Task<Result<int64_t>> external(std::string ns, std::string metric, std::string series);

 private:
  Task<Result<std::string>> customApi();
  Task<Result<std::vector<MetricValue>>> read(std::string target, std::string what);

  Context& context_;
  Client client_;
  const Get get_;
};

}  // namespace cleat::autoscaler
