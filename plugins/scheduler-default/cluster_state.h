// What the scheduler knows of the nodes: what each has, and what the pods on it (bound, or bound a moment ago by this
// scheduler) have taken of it.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace cleat::scheduling {

using core_v1::Node;
using core_v1::Pod;

// Amounts by resource; cpu in thousandths, everything else in units.
struct Amounts {
  int64_t milliCpu = 0, memory = 0, storage = 0, pods = 0;
  std::map<std::string, int64_t> extended;
  void add(const Amounts& other, int sign);
};

// What a pod asks for: its containers together, or its largest init container if that is more, and its overhead.
Amounts requestOf(core_v1::PodSpec::Reader spec);

struct HostPort {
  std::string ip, protocol;
  int32_t port = 0;
  auto operator<=>(const HostPort&) const = default;
};
std::vector<HostPort> hostPortsOf(core_v1::PodSpec::Reader spec);
bool collide(const HostPort& a, const HostPort& b);

// Who a pod is a replica of: its controller's uid, or nothing.
std::string ownerOf(const AnyRef& pod);

struct NodeState {
  Object<Node> node;
  Amounts allocatable, taken;
  std::vector<HostPort> ports;
  std::unordered_map<std::string, int> replicas;  // by owner
};

class ClusterState {
 public:
  void setNode(const Object<Node>& node);
  void removeNode(const std::string& name);
  // A pod with its node; called again when it changed. Finished pods hold nothing.
  void setPod(const Object<Pod>& pod, const std::string& node);
  void removePod(const std::string& uid);
  bool knowsPod(const std::string& uid) const { return placed_.contains(uid); }

  const std::map<std::string, NodeState>& nodes() const { return nodes_; }

 private:
  struct Placed {
    std::string node;
    Amounts request;
    std::vector<HostPort> ports;
    std::string owner;
  };
  void apply(const Placed& placed, int sign);
  std::map<std::string, NodeState> nodes_;  // also of nodes that are only known by their pods
  std::unordered_map<std::string, Placed> placed_;
};

}  // namespace cleat::scheduling
