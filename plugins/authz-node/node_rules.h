// What a node may ask for: some things whatever it runs, some of itself only, and the rest for the sake of its pods.
// What a node may write within that is for the admission plugin admission-node-restriction to say, which sees the
// objects.
#pragma once

#include <cleat/schema/role/authz.capnp.h>

#include <string>
#include <string_view>

#include "pod_graph.h"

namespace cleat::authz_node {

struct Verdict {
  bool allowed = false;
  std::string reason;  // why not, in Kubernetes' words; may be empty
  // It is for want of a pod that refers to the object. One that has just been bound may be on its way here.
  bool unrelated = false;
};

Verdict judge(const PodGraph& graph, std::string_view node, role::Attributes::Reader attributes);

// What every node may, for those who list what they may do.
void writeRules(role::RulesResults::Builder results);

}  // namespace cleat::authz_node
