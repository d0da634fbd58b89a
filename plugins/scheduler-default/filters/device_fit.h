// Whether the devices that pods of a class claim can be had on a node: those of claims that have some already must be
// within its reach, and for the others there must be some that are free.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "devices/allocation_result.h"
#include "filters/why.h"
#include "state/cluster_state.h"

namespace cleat::scheduling {

// What one claim of a pod gets along with the pod's node.
struct DeviceGrant {
  std::string key;
  Object<ResourceClaim> claim;  // with its allocation, which may be there already
  bool isNew = false;           // it is to be written
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
  // The node is another one now.
  void forget(NodeIndex node) {
    if (node < known_.size()) known_[node] = Known::no;
  }

  // For the node that was chosen because they can be had there.
  std::vector<DeviceGrant> grants(NodeIndex node) const;
  // A claim whose devices are out of reach of a node and that nobody has reserved, unless the pod itself: to give them
  // back may help. Empty: there is none.
  std::string strayClaim(std::string_view podUid) const;

 private:
  enum class Known : uint8_t { no, fits, outOfReach, cannotAllocate, invalidPool };
  Known lookAt(NodeIndex node);
  void readClaims();
  // Those that have devices are within reach.
  bool isReached(const Object<ResourceClaim>& claim, const Object<core_v1::Node>& node) const;

  const PodClass& class_;
  const ClusterState& state_;
  uint64_t version_ = 0;
  bool begun_ = false;
  std::string obstacle_;
  std::vector<Object<ResourceClaim>> have_;  // with devices
  std::vector<WantedDevices> wanted_;        // without
  std::vector<Known> known_;                 // by node
  mutable std::vector<bool> outOfReach_;     // by have_: of some node
};

}  // namespace cleat::scheduling
