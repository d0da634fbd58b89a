// The kinds of metrics.k8s.io/v1beta1 as the SDK knows them: include this to use them as Object<K>, Draft<K> and with a
// Client. They are computed when they are asked for: there is nothing to watch. The types are those of
// sdk/schema/kinds/metrics_v1beta1.capnp.
#pragma once

#include <cleat/schema/kinds/metrics_v1beta1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<metrics_v1beta1::NodeMetrics> {
  static constexpr Resource resource{"metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", false};
};
template <>
struct KindOf<metrics_v1beta1::PodMetrics> {
  static constexpr Resource resource{"metrics.k8s.io", "v1beta1", "pods", "PodMetrics", true};
};

}  // namespace cleat
