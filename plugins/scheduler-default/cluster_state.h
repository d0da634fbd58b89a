// What the scheduler knows of the nodes: what each has, and what the pods on it (bound, or bound a moment ago by this
// scheduler) have taken of it. The pods are also found by namespace, and those that ask something of other pods by
// that.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/pod_request.h>

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pod_terms.h"

namespace cleat::scheduling {

using core_v1::Namespace;
using core_v1::Node;

// Who a pod is a replica of: its controller's uid, or nothing.
std::string ownerOf(const AnyRef& pod);

struct NodeState {
  Object<Node> node;
  ResourceAmounts allocatable, taken;
  std::vector<HostPort> ports;
  std::unordered_map<std::string, int> replicas;  // by owner
};

struct PlacedPod {
  Object<Pod> pod;
  std::string node;
  ResourceAmounts request;
  std::vector<HostPort> ports;
  std::string owner;
  std::shared_ptr<const PodTerms> terms;
};
using PlacedPods = std::unordered_set<const PlacedPod*>;

class ClusterState {
 public:
  void setNode(const Object<Node>& node);
  void removeNode(const std::string& name);
  // A pod with its node; called again when it changed. Finished pods hold nothing.
  void setPod(const Object<Pod>& pod, const std::string& node);
  void removePod(const std::string& uid);
  bool knowsPod(const std::string& uid) const { return placed_.contains(uid); }

  void setNamespace(const Object<Namespace>& ns);
  void removeNamespace(const std::string& name);

  const std::map<std::string, NodeState>& nodes() const { return nodes_; }
  // The node that a pod is on; null where only its name is known.
  const NodeState* nodeOf(const PlacedPod& placed) const;
  const std::unordered_map<std::string, PlacedPods>& podsByNamespace() const { return byNamespace_; }
  const PlacedPods& podsWithTerms() const { return withTerms_; }
  TextMapReader namespaceLabels(const std::string& ns) const;

 private:
  void apply(const PlacedPod& placed, int sign);
  void index(const PlacedPod& placed);
  void unindex(const PlacedPod& placed);
  std::map<std::string, NodeState> nodes_;  // also of nodes that are only known by their pods
  std::unordered_map<std::string, PlacedPod> placed_;
  std::unordered_map<std::string, PlacedPods> byNamespace_;  // no empty sets
  PlacedPods withTerms_;
  std::unordered_map<std::string, Object<Namespace>> namespaces_;
};

}  // namespace cleat::scheduling
