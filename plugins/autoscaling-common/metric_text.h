// What autoscaling/v1 has no fields for, as the text that stands in an annotation: metrics in the older form that v1
// knows, and the other way round. A text that cannot be read gives nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "autoscaling-common/autoscaler_conversion.h"

namespace cleat::kinds::autoscaling {

std::string metricsText(const std::vector<v2::MetricSpec::Reader>& metrics);
std::string currentMetricsText(capnp::List<v2::MetricStatus>::Reader metrics);
std::string conditionsText(capnp::List<v2::HorizontalPodAutoscalerCondition>::Reader conditions);
std::string behaviorText(v2::HorizontalPodAutoscalerBehavior::Reader behavior);

// Before the metrics that the spec has.
void readMetrics(std::string_view text, v2::HorizontalPodAutoscalerSpec::Builder spec);
void readCurrentMetrics(std::string_view text, v2::HorizontalPodAutoscalerStatus::Builder status);
void readConditions(std::string_view text, v2::HorizontalPodAutoscalerStatus::Builder status);
void readBehavior(std::string_view text, v2::HorizontalPodAutoscalerSpec::Builder spec);

}  // namespace cleat::kinds::autoscaling
