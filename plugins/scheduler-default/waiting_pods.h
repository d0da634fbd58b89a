// The pods that found no node. A change of a node, or a pod that leaves, may help any of them. That another pod came to
// a node, or has other labels now, can only help those that ask for such pods, or for none of them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "filters.h"

namespace cleat::scheduling {

class WaitingPods {
 public:
  void add(const Candidate& candidate);
  void erase(const std::string& key);
  const std::set<std::string>& all() const { return all_; }
  // Keys of those that the labels of a namespace may matter to: its own, and all that ask something of other pods.
  std::vector<std::string> concernedBy(const std::string& ns) const;
  // Keys of those that the change may help. `before` is nothing for a pod that came to its node just now.
  std::vector<std::string> helpedBy(const Object<Pod>& before, const Object<Pod>& now, const ClusterState& state) const;

 private:
  std::set<std::string> all_;
  std::map<std::string, Candidate> asking_;
};

}  // namespace cleat::scheduling
