// The kinds of metrics.k8s.io/v1beta1 and how their objects are made of what is used.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/metrics_v1beta1.h>
#include <cleat/sdk/object.h>

#include "kinds-common/kind_table.h"
#include "usage_table.h"

namespace cleat::metrics {

void addMetricKinds(kinds::KindTable& table);

Draft<metrics_v1beta1::NodeMetrics> metricsOf(const Object<core_v1::Node>& node, const Use& use, WallTime now);
Draft<metrics_v1beta1::PodMetrics> metricsOf(const Object<core_v1::Pod>& pod, const PodUse& use, WallTime now);

}  // namespace cleat::metrics
