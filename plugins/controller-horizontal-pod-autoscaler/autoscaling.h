// Autoscaling: one look at one autoscaler, from its target's scale over what its metrics propose to the new scale and
// the status that tells of it. What has to be remembered between looks is in AutoscalerMemory.
#pragma once

#include <cleat/sdk/events.h>
#include <cleat/sdk/kinds/autoscaling_v2.h>
#include <cleat/sdk/selector.h>

#include <map>
#include <optional>
#include <string>

#include "behavior.h"
#include "metric_proposals.h"
#include "scale_target.h"

namespace cleat::autoscaler {

using autoscaling_v2::HorizontalPodAutoscaler;

struct AutoscalerSettings {
  Duration downscaleStabilization{};
  double tolerance = 0.1;
  std::chrono::seconds cpuInitialization{300}, initialReadiness{30};
};

// Of all autoscalers, by their keys.
class AutoscalerMemory {
 public:
  struct Entry {
    ScalingHistory history;
    std::optional<LabelSelector> selector;  // of its pods, when it was last looked at
  };
  Entry& of(const std::string& key) { return entries_[key]; }
  void forget(const std::string& key) { entries_.erase(key); }
  // The autoscalers of the namespace beside that one whose pods any of these are too.
  std::vector<std::string> othersOf(const std::string& key, std::string_view ns, const Pods& pods) const;

 private:
  std::map<std::string, Entry> entries_;
};

struct AutoscalerTools {
  Context& context;
  Client& client;
  EventRecorder& events;
  ScaleTargets& targets;
  MetricProposals& proposals;
  AutoscalerMemory& memory;
  const AutoscalerSettings& settings;
};

class Autoscaling {
 public:
  Autoscaling(AutoscalerTools tools, Object<HorizontalPodAutoscaler> autoscaler)
      : tools_(tools), read_(std::move(autoscaler)), draft_(read_), key_(keyOf(read_.ns(), read_.name())) {}

  // An error is one of the requests; what is wrong with the target or the metrics is told in the status and by events.
  Task<Result<void>> run();

 private:
  struct Wanted {
    int32_t replicas = 0;
    std::string metric;
  };
  struct Change {
    int32_t replicas = 0;
    std::string reason;
    bool rescale = true;
  };
  Task<bool> findTarget();
  Task<std::optional<Change>> chooseReplicas();
  Task<std::optional<Wanted>> askMetrics();
  Task<bool> setScene();
  Task<bool> rescale(Change change);
  std::optional<Change> normalised(const Wanted& wanted);
  bool measuresBesidePods() const;
  void condition(const char* type, const char* status, std::string reason, std::string message);
  void tellNumbers(int32_t current, int32_t desired, bool scaled);
  Task<Result<void>> writeStatusIfChanged();
  std::optional<autoscaling_v2::HorizontalPodAutoscalerBehavior::Reader> behavior() const;
  Tolerances tolerances() const;

  AutoscalerTools tools_;
  const Object<HorizontalPodAutoscaler> read_;
  Draft<HorizontalPodAutoscaler> draft_;
  const std::string key_;
  std::optional<Scaled> target_;
  int32_t current_ = 0, min_ = 1, max_ = 1;
  Scene scene_;
  std::vector<MetricProposal> measured_;
};

}  // namespace cleat::autoscaler
