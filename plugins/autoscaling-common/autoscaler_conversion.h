// HorizontalPodAutoscalers in one version made of those in the other. Nothing is lost on the way to v1 and back: what
// v1 has no fields for stands in annotations.
#pragma once

#include <cleat/sdk/kinds/autoscaling_v1.h>
#include <cleat/sdk/kinds/autoscaling_v2.h>

namespace cleat::kinds::autoscaling {

namespace v1 = autoscaling_v1;
namespace v2 = autoscaling_v2;

Draft<v1::HorizontalPodAutoscaler> toV1(v2::HorizontalPodAutoscaler::Reader autoscaler);
Draft<v2::HorizontalPodAutoscaler> toV2(v1::HorizontalPodAutoscaler::Reader autoscaler);

}  // namespace cleat::kinds::autoscaling
