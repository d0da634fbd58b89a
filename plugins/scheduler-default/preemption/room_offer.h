// Room that could be made for a pod on a node, and who would have to go for it: what others are asked about before it
// is decided which room is made (`Scheduler::makeRoom`).
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cleat::scheduling {

struct RoomOffer {
  std::string node;
  std::vector<Object<core_v1::Pod>> victims;  // the most important first
  int64_t violations = 0;                     // of disruption budgets
};

}  // namespace cleat::scheduling
