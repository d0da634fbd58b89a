// What Kubernetes' default profile says, worked out the slow way: every question goes through all nodes and all pods.
// It knows no index, no class and no count that it keeps, and none of the scheduler's own parts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/plugins/objects.h"

namespace cleat::scheduling::test_model {

using core_v1::Namespace;
using core_v1::Node;
using core_v1::Pod;

struct Placed {
  Object<Pod> pod;
  std::string node;
};

class Model {
 public:
  std::map<std::string, Object<Node>> nodes;
  std::map<std::string, Placed> pods;  // by uid
  std::map<std::string, Object<Namespace>> namespaces;

  bool fits(const Object<Pod>& pod, const Object<Node>& node) const;
  // Of the nodes that it fits on.
  std::map<std::string, int64_t> scores(const Object<Pod>& pod) const;

 private:
  using Raw = std::map<std::string, double>;
  using Constraint = core_v1::TopologySpreadConstraint::Reader;
  using Term = core_v1::PodAffinityTerm::Reader;

  bool hasRoom(const Object<Pod>& pod, const Object<Node>& node) const;
  bool isEven(const Object<Pod>& pod, const Object<Node>& node) const;
  bool isAmongFriends(const Object<Pod>& pod, const Object<Node>& node) const;
  bool means(Term term, const Object<Pod>& asks, const Object<Pod>& other) const;
  bool takesPart(const Object<Pod>& pod, Constraint constraint, const Object<Node>& node, const char* when) const;
  int64_t countIn(const Object<Pod>& pod, Constraint constraint, std::string_view domain, const char* when) const;
  bool anyIn(std::string_view key, std::string_view value, const std::function<bool(const Object<Pod>&)>& meant) const;

  int64_t roomScore(const Object<Pod>& pod, const Object<Node>& node) const;
  Raw spreadRaw(const Object<Pod>& pod, const std::vector<Object<Node>>& fit) const;
  Raw friendsRaw(const Object<Pod>& pod, const std::vector<Object<Node>>& fit) const;
};

}  // namespace cleat::scheduling::test_model
