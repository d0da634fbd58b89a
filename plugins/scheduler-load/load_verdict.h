// What is said of the nodes for equal pods, by how much they are used (node_loads.h) and what the pods will add to it.
#pragma once

#include <cleat/sdk/scheduler_extension.h>

#include <string>

#include "node_loads.h"

namespace cleat::load {

// How good a node is with one of the pods on it, from 0 to 100, and how that falls with more of them.
struct LoadScore {
  double score = 0;
  double worse = 0;   // by so much with each pod more…
  double steady = 0;  // …after so many
};
// `percent`: how much of the node is used with the first pod; `step`: what each pod adds.
//
// "least-used" is what is left. "target" is that of Trimaran's TargetLoadPacking: from the target itself at nothing up
// to 100 at the target, and beyond it from the target down to 0 at 100.
LoadScore scoreFor(const LoadSettings& settings, double percent, double step);

// What of the node is used above the limit now, by resource; none where there is no limit, or no fresh measurement.
std::array<bool, kResources> overLimit(const LoadSettings& settings, const NodeLoads& loads, uint32_t node,
                                       WallTime now);
// "cpu", "memory" or "cpu or memory".
std::string namesOf(const std::array<bool, kResources>& resources);

// Judges all nodes for the group. Where none has a fresh measurement, nothing is said: all are as good.
void judge(PodGroup& group, const LoadSettings& settings, const NodeLoads& loads, WallTime now);

}  // namespace cleat::load
