// Which nodes a pod may run on. Each filter gives the reason why not, in the words of Kubernetes' events.
#pragma once

#include <cleat/sdk/taints.h>

#include <optional>
#include <string>

#include "cluster_state.h"

namespace cleat::scheduling {

// The pod as the filters see it, looked at once.
struct Candidate {
  Object<Pod> pod;
  ResourceAmounts request;
  std::vector<HostPort> ports;
  std::string owner;
  std::shared_ptr<const PodTerms> terms;
  std::vector<SpreadConstraint> spread;
};
Candidate candidateOf(const Object<Pod>& pod);

// The first reason why the pod cannot run on the node, or nothing. What the pods elsewhere have to do with it is asked
// of PodAffinity and TopologySpread, afterwards.
std::optional<std::string> whyNot(const Candidate& candidate, const NodeState& node);
// Why the node does not take the pod, by its taints and by what it says of itself that amounts to one.
std::optional<std::string> whyRepelled(core_v1::PodSpec::Reader spec, const Object<Node>& node);

// The status of the condition Ready; empty where the node has none. A view into the node.
std::string_view readiness(const Object<Node>& node);

}  // namespace cleat::scheduling
