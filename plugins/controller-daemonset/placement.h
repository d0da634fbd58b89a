// Where the pods of a DaemonSet belong, and what one for a certain node looks like.
#pragma once

#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <optional>
#include <string>
#include <string_view>

namespace cleat::daemonset {

using apps_v1::DaemonSet;
using core_v1::Node;
using core_v1::Pod;

// What tells the pods of the current template: its revision's hash, or the number that older clusters counted templates
// by, where the set has it as an annotation.
struct Generation {
  std::string hash;
  std::optional<int64_t> number;
  bool operator==(const Generation&) const = default;
};
Generation generationOf(const Object<DaemonSet>& set, std::string_view hash);
bool isCurrent(const Object<Pod>& pod, const Generation& generation);

// May a node have a pod?
struct Verdict {
  bool run = false;   // it gets one
  bool stay = false;  // it keeps one that it has
  bool operator==(const Verdict&) const = default;
};

// Of one set, for as many nodes as there are.
class Placement {
 public:
  explicit Placement(const Object<DaemonSet>& set);

  // By the template's node name, selector and required affinity, and by the node's taints: one that forbids scheduling
  // keeps pods that are there.
  Verdict on(const Object<Node>& node) const;

  // A pod that only this node will do for: the default scheduler binds it there.
  Draft<Pod> podFor(std::string_view node, const Generation& generation) const;

 private:
  Object<DaemonSet> set_;
  Object<core_v1::PodTemplateSpec> pattern_;  // with the tolerations that all of these pods have
};

// The node that a pod runs on, or that it waits for; empty if it names none.
std::string_view nodeOf(const Object<Pod>& pod);

}  // namespace cleat::daemonset
