// How good a node is by what it has itself: by what is left of it, by how evenly it is used, by the images that it has.
// Each from 0 to 100.
#pragma once

#include "profile.h"
#include "state/cluster_state.h"

namespace cleat::scheduling {

constexpr int64_t kFull = 100;

// The resources of a profile as columns.
class NodeScores {
 public:
  NodeScores(const Profile& profile, ClusterState& state);

  int64_t fit(const PodClass& podClass, NodeIndex node) const;
  int64_t balance(const PodClass& podClass, NodeIndex node) const;
  // Of every node, by the images that the class needs: empty where no node has any.
  std::vector<int64_t> images(const PodClass& podClass) const;

 private:
  struct Weighted {
    uint32_t resource;
    int64_t weight;
    bool always;  // whether or not the pod asks for it
  };
  int64_t ratio(int64_t used, int64_t all) const;

  const Profile& profile_;
  const NodeTable& nodes_;
  std::vector<Weighted> resources_;
};

}  // namespace cleat::scheduling
