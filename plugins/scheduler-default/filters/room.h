// Whether a node has room: amounts, places for pods, ports of its own addresses. Pods for which room is being made on
// it count as if they were there, to pods that are not more important than they.
#pragma once

#include <span>

#include "filters/why.h"
#include "state/node_table.h"

namespace cleat::scheduling {

// What is left of a node for pods of one class, and what it would be without some of the pods that are there.
class Room {
 public:
  Room(const NodeTable& nodes, const PodClass& podClass) : nodes_(nodes), class_(podClass) {}
  Room(const NodeTable& nodes, const PodClass& podClass, NodeIndex node) : Room(nodes, podClass) { lookAt(node); }
  void lookAt(NodeIndex node);                // begins anew
  void take(const PlacedPod& pod, int sign);  // 1: it comes back; -1: it goes
  void giveBack(const PodClass& other);       // what a nominated pod of this class was to take
  MaybeWhy whyNot(const Profile& profile) const;

 private:
  bool portsTaken() const;

  const NodeTable& nodes_;
  const PodClass& class_;
  NodeIndex node_ = kNoNode;
  int64_t pods_ = 0;
  std::vector<int64_t> left_;              // by request of the class
  std::vector<const PlacedPod*> without_;  // kept only for a class with ports
};

// The same for a node as it is.
MaybeWhy whyNoRoom(const NodeTable& nodes, const PodClass& podClass, NodeIndex node, const Profile& profile);

}  // namespace cleat::scheduling
