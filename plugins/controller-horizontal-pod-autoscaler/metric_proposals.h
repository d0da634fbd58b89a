// What each metric of an autoscaler proposes: it is read, held against its target, and told of in the autoscaler's
// status.
#pragma once

#include <cleat/sdk/kinds/autoscaling_v2.h>

#include <functional>
#include <string>

#include "metric_sources.h"
#include "replica_count.h"
#include "scale_target.h"

namespace cleat::autoscaler {

// What all metrics of an autoscaler are held against.
struct Scene {
  std::string ns;
  std::string selector;  // of the pods
  Pods pods;
  int32_t specReplicas = 0;    // as many as there are to be
  int32_t statusReplicas = 0;  // as many as there are
  Tolerances tolerances;
  PodRules rules;
};

struct MetricProposal {
  int32_t replicas = 0;
  std::string name;  // "cpu resource utilization (percentage of request)"
  std::function<void(autoscaling_v2::MetricStatus::Builder)> fill;
};

// Why a metric proposes nothing.
struct MetricFailure {
  std::string reason;   // of the condition and the event: "FailedGetResourceMetric"
  std::string message;  // of the condition
  std::string error;    // of the event
  std::string told;     // as all of the metrics are told of together
};

using ProposalOrFailure = std::expected<MetricProposal, MetricFailure>;

class MetricProposals {
 public:
  MetricProposals(MetricSources& sources, ScaleTargets& targets) : sources_(sources), targets_(targets) {}

  // Both outlive the task.
  Task<ProposalOrFailure> of(autoscaling_v2::MetricSpec::Reader spec, const Scene& scene);

 private:
  using Spec = autoscaling_v2::MetricSpec::Reader;
  Task<Result<MetricProposal>> byResource(Spec spec, const Scene& scene);
  Task<Result<MetricProposal>> byPods(Spec spec, const Scene& scene);
  Task<Result<MetricProposal>> byObject(Spec spec, const Scene& scene);
  Task<Result<MetricProposal>> byExternal(Spec spec, const Scene& scene);

  MetricSources& sources_;
  ScaleTargets& targets_;
};

}  // namespace cleat::autoscaler
