// What becomes of a proposed number of replicas: how past proposals steady it, how fast it may rise and fall, and the
// bounds of the autoscaler. ScalingHistory remembers what one autoscaler was proposed and what it did; it is lost with
// the process, as in Kubernetes. No request is made here.
#pragma once

#include <cleat/sdk/kinds/autoscaling_v2.h>
#include <cleat/sdk/time.h>

#include <optional>
#include <string>
#include <vector>

namespace cleat::autoscaler {

struct ScaleEvent {
  int32_t change = 0;  // by how many, in either direction
  Instant at{};
};
struct Recommendation {
  int32_t replicas = 0;
  Instant at{};
};

struct ScalingHistory {
  std::vector<Recommendation> recommendations;
  std::vector<ScaleEvent> ups, downs;
};

struct ScalingArguments {
  int32_t current = 0, proposed = 0, min = 1, max = 1;
  Instant now{};
  Duration downscaleStabilization{};  // where the autoscaler says nothing of it
};

// A reason and its message, of a condition.
struct Because {
  std::string reason, message;
};
struct Decision {
  int32_t replicas = 0;
  Because able;  // of AbleToScale, which is True
  bool isLimited = false;
  Because limited;  // of ScalingLimited
};

// Remembers the proposal. Without `behavior` by the rules of old: at most twice as many at a time, or 4.
Decision decide(ScalingHistory& history, const ScalingArguments& arguments,
                std::optional<autoscaling_v2::HorizontalPodAutoscalerBehavior::Reader> behavior);

// The number was changed.
void noteScaled(ScalingHistory& history, int32_t before, int32_t after, Instant now,
                std::optional<autoscaling_v2::HorizontalPodAutoscalerBehavior::Reader> behavior);

}  // namespace cleat::autoscaler
