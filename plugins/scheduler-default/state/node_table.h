// The nodes as columns: a node has a number, which is given on when it has gone, and each amount of each resource is an
// array over these numbers. What is rarely looked at is in the node's row.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/pod_request.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "state/pod_class.h"
#include "state/topology.h"

namespace cleat::scheduling {

using core_v1::Node;

// A pod on a node: bound, or about to be.
struct PlacedPod {
  Object<Pod> pod;
  ClassRef podClass;
  NodeIndex node = kNoNode;
  bool leaving = false;           // it is being deleted
  bool evicted = false;           // it is about to be, to make room
  std::string_view started = {};  // the pod's status.startTime
};

// A pod for which room is being made on a node.
struct Nomination {
  Object<Pod> pod;
  ClassRef podClass;
  NodeIndex node = kNoNode;
};

struct NodeRow {
  std::string name;
  Object<Node> node;  // nothing where only the name is known, from pods
  std::vector<const PlacedPod*> pods;
  std::vector<const Nomination*> nominations;
  std::vector<HostPort> ports;
  std::vector<std::pair<uint32_t, int64_t>> images;  // sizes
};

class NodeTable {
 public:
  size_t size() const { return rows_.size(); }
  size_t present() const { return present_; }  // nodes that there are
  bool isPresent(NodeIndex node) const { return static_cast<bool>(rows_[node].node); }
  const NodeRow& row(NodeIndex node) const { return rows_[node]; }
  NodeRow& row(NodeIndex node) { return rows_[node]; }
  NodeIndex find(std::string_view name) const;
  // kNoNode also for one that is only remembered.
  NodeIndex findPresent(std::string_view name) const {
    const NodeIndex node = find(name);
    return node != kNoNode && isPresent(node) ? node : kNoNode;
  }

  // The number of the name, a new one if it has none.
  NodeIndex indexOf(std::string_view name);
  // Returns whether other labels or taints make it another node to pods; anything else it has are amounts and images.
  bool set(NodeIndex index, const Object<Node>& node, PodClasses& classes);
  void clear(NodeIndex index);
  // When neither the node nor pods on it are known any more.
  void forgetIfUnused(NodeIndex index);

  void addRequests(NodeIndex node, const PodClass& podClass, int sign);

  // The column of a label; kept from then on.
  const TopologyColumn& topology(const std::string& key);

  // By resource, then node.
  const std::vector<int64_t>& allocatable(uint32_t resource) const { return allocatable_[resource]; }
  const std::vector<int64_t>& requested(uint32_t resource) const { return requested_[resource]; }
  void haveResource(uint32_t resource);
  // Whether pods get the resource from devices where a node itself has none of it. Returns whether that is news.
  bool setFromDevices(uint32_t resource, bool from);
  bool mayBeFromDevices(uint32_t resource) const {
    return resource < fromDevices_.size() && fromDevices_[resource] != 0;
  }
  bool isFromDevices(uint32_t resource, NodeIndex node) const {
    return mayBeFromDevices(resource) && allocatable_[resource][node] == 0;
  }
  const std::vector<int64_t>& pods() const { return pods_; }
  const std::vector<int64_t>& mostPods() const { return mostPods_; }
  const std::vector<int64_t>& scoredCpu() const { return scoredCpu_; }
  const std::vector<int64_t>& scoredMemory() const { return scoredMemory_; }
  const std::vector<uint16_t>& nominated() const { return nominated_; }
  void nominate(const Nomination& nomination);
  void withdraw(const Nomination& nomination);

  // Nodes that have an image.
  const std::map<NodeIndex, int64_t>& nodesWith(uint32_t image) const;
  uint64_t imagesVersion() const { return imagesVersion_; }

 private:
  void grow();
  void setAmounts(NodeIndex index, const Object<Node>& node, PodClasses& classes);
  void setImages(NodeIndex index, const Object<Node>& node, PodClasses& classes);
  void setLabels(NodeIndex index, const Object<Node>& node);

  std::vector<NodeRow> rows_;
  std::vector<NodeIndex> free_;
  TextTable<NodeIndex> byName_;
  size_t present_ = 0;
  std::vector<std::vector<int64_t>> allocatable_, requested_;
  std::vector<uint8_t> fromDevices_;  // by resource
  std::vector<int64_t> pods_, mostPods_, scoredCpu_, scoredMemory_;
  std::vector<uint16_t> nominated_;
  std::map<std::string, std::unique_ptr<TopologyColumn>, std::less<>> columns_;
  std::vector<std::map<NodeIndex, int64_t>> imageNodes_;
  uint64_t imagesVersion_ = 0;
};

}  // namespace cleat::scheduling
