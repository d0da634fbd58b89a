// What the pods that are on the nodes mean to pods of one class: required affinity and anti-affinity of either side,
// preferences, and how the pods are spread that topology spread constraints count. All of it is counts by domain, which
// a pod that comes or goes changes by what its class means to this one; that is worked out once for each class.
#pragma once

#include <deque>
#include <span>
#include <unordered_map>
#include <vector>

#include "filters/domain_counts.h"
#include "filters/why.h"
#include "state/cluster_state.h"

namespace cleat::scheduling {

// What a pod that comes to a node adds to a count.
struct NeighbourEffect {
  DomainCounts* counts = nullptr;
  int64_t amount = 0;
  bool notLeaving = false;  // a pod that is being deleted adds nothing
};
using NeighbourEffects = std::vector<NeighbourEffect>;

struct SpreadCount {
  const SpreadConstraint* constraint;
  DomainCounts counts;
  int64_t itself = 0;  // 1 if the pod counts as well
};

class Neighbours {
 public:
  Neighbours(const PodClass& podClass, ClusterState& state, const Profile& profile);

  // Begins anew from what is there.
  void rebuild();
  // After a change of services: whether other pods count now, so that it has to begin anew.
  bool readServices();
  void apply(const PodClass& other, NodeIndex node, bool leaving, int64_t sign);
  const NeighbourEffects& effectsOf(const PodClass& other);

  MaybeWhy whyNot(NodeIndex node) const;
  bool required() const { return !required_.empty() || !near_.empty() || !away_.empty() || !shunned_.empty(); }

  const std::deque<SpreadCount>& preferredSpread() const { return preferred_; }
  // Whether a node has to have the keys of all preferred constraints to be scored by them.
  bool needsAllKeys() const { return !spreadsByDefault(); }
  const std::deque<DomainCounts>& weights() const { return weights_; }

 private:
  bool spreadsByDefault() const { return class_.spread.empty() || class_.spreadByDefault; }
  void readConstraints();
  void addConstraints();
  void addTerms();
  void countPlaced(const ClassPlaces& places);
  std::vector<uint8_t> admitted(const SpreadConstraint& constraint, const std::deque<SpreadCount>& group) const;
  NeighbourEffects workOut(const PodClass& other);
  void ofConstraints(const PodClass& other, NeighbourEffects& effects);
  void ofOwnTerms(const PodClass& other, NeighbourEffects& effects);
  void ofTheirTerms(const PodClass& other, NeighbourEffects& effects);
  DomainCounts& countsFor(std::deque<DomainCounts>& all, const std::string& key);
  MaybeWhy whyNotSpread(NodeIndex node) const;
  MaybeWhy whyNotAffine(NodeIndex node) const;

  const PodClass& class_;
  ClusterState& state_;
  bool spreads_, relates_;
  Labels services_;                       // what those of the class select by, where that counts
  std::vector<SpreadConstraint> spread_;  // the class's own, or by default
  std::deque<SpreadCount> required_, preferred_;
  std::deque<DomainCounts> near_, away_;  // by term of the class
  std::deque<DomainCounts> shunned_;      // where pods are that must be away from the class; by key
  std::deque<DomainCounts> weights_;      // preferences of either side; by key
  bool joinsItself_ = false;              // it is all that it must be near to
  std::unordered_map<uint64_t, NeighbourEffects> effects_;
};

}  // namespace cleat::scheduling
