// What is said to HTTP extenders and what they answer: the types of k8s.io/kube-scheduler/extender/v1 as JSON, to the
// letter.
#pragma once

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "preemption/room_offer.h"

namespace cleat::scheduling {

using core_v1::Node;
using core_v1::Pod;

// An object as the API shows it.
std::string objectJson(const Object<Pod>& pod);
std::string objectJson(const Object<Node>& node);

// Nodes by name alone, or as they are.
struct ExtenderNodes {
  bool byName = false;
  std::vector<std::string> names;
  std::vector<std::string_view> objects;  // JSON, in the same order
};
std::string extenderArgs(std::string_view podJson, const ExtenderNodes& nodes);
std::string extenderBindingArgs(const Object<Pod>& pod, std::string_view node);

struct ExtenderFilterResult {
  std::vector<std::string> nodes;             // those that are left
  std::map<std::string, std::string> failed;  // by name: why not
  std::string error;
};
Result<ExtenderFilterResult> readFilterResult(std::string_view json, bool byName);

// "Host" and "Score".
Result<std::vector<std::pair<std::string, int64_t>>> readPriorities(std::string_view json);

// What it says went wrong; empty: nothing.
Result<std::string> readBindingResult(std::string_view json);

std::string extenderPreemptionArgs(std::string_view podJson, const std::vector<RoomOffer>& offers, bool byUid);
// Who would have to go from one node.
struct ExtenderVictims {
  std::string node;
  std::vector<std::string> uids;
  int64_t violations = 0;
};
Result<std::vector<ExtenderVictims>> readPreemptionResult(std::string_view json);

}  // namespace cleat::scheduling
