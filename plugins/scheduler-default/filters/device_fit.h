// Whether the devices that pods of a class claim can be had on a node: those of claims that have some already must be
// within its reach, and for the others there must be some that are free; and for extended resources that the node has
// none of and a class of devices provides.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "devices/allocation_result.h"
#include "devices/extended_resources.h"
#include "filters/why.h"
#include "state/cluster_state.h"

namespace cleat::scheduling {

// What one claim of a pod gets along with the pod's node.
struct DeviceGrant {
  std::string key;
  Object<ResourceClaim> claim;  // with its allocation, which may be there already
  bool isNew = false;           // it is to be written
  // Of a claim that is to be made for extended resources: what is for which container, and claims that were made for
  // the pod before, when it came to nothing. Its key stands for it until it has a name.
  std::vector<ResourceMapping> mappings = {};
  std::vector<std::string> replaces = {};

  bool isToBeMade() const { return !mappings.empty(); }
};

class DeviceFit {
 public:
  DeviceFit(const PodClass& podClass, const ClusterState& state);

  // Before anything is asked after a change.
  void catchUp();
  // What keeps the class from every node: a claim that is not there, or that nobody can give what it asks for.
  const std::string& obstacle() const { return obstacle_; }
  // May find an obstacle: an expression that fails.
  MaybeWhy whyNot(NodeIndex node);
  // How good what would be had is, by node: of those that were found to fit.
  const std::vector<int64_t>& ranks() const { return ranks_; }
  // The node is another one now.
  void forget(NodeIndex node) {
    if (node < known_.size()) known_[node] = Known::no;
  }

  // For the node that was chosen because they can be had there.
  std::vector<DeviceGrant> grants(NodeIndex node, const Object<Pod>& pod) const;
  // A claim whose devices are out of reach of a node and that nobody has reserved, unless the pod itself: to give them
  // back may help. Empty: there is none.
  std::string strayClaim(std::string_view podUid) const;

 private:
  enum class Known : uint8_t { no, fits, outOfReach, cannotAllocate, invalidPool };
  // What is to be allocated on nodes where devices provide these resources.
  struct Wanted {
    std::vector<WantedDevices> claims;  // the last is for the resources, if there are any
    std::vector<ResourceMapping> mappings;
  };
  const Wanted& wantedOn(NodeIndex node) const;
  Known lookAt(NodeIndex node);
  void readClaims();
  // Whether one that has devices is within reach, and these are not known to be of no use.
  bool isReached(const Object<ResourceClaim>& claim, const Object<core_v1::Node>& node) const;

  const PodClass& class_;
  const ClusterState& state_;
  uint64_t version_ = 0;
  bool begun_ = false;
  std::string obstacle_;
  std::vector<Object<ResourceClaim>> have_;                   // with devices
  std::vector<WantedDevices> wanted_;                         // without
  mutable std::map<std::vector<uint32_t>, Wanted> wantedBy_;  // the resources
  std::vector<Known> known_;                                  // by node
  std::vector<int64_t> ranks_;                                // by node
  mutable std::vector<bool> outOfReach_;                      // by have_: of some node
};

}  // namespace cleat::scheduling
