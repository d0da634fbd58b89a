// Clusters and pods that schedulers are measured with: the shapes of Kubernetes' own measurements.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/plugins/objects.h"

namespace cleat::scheduling::bench {

using core_v1::Node;
using core_v1::Pod;

struct Shape {
  std::string name;
  int measured = 0;  // pods that are to be placed
  int before = 0;    // pods that are on nodes already, so many on each in turn
  int64_t aim = 0;   // pods a second
  std::function<Draft<Pod>(int number)> pod;
  std::function<Draft<Pod>(int number)> placed;
};

// 4 CPUs, 32 GiB, 110 pods; zones in turn.
Draft<Node> makeBenchNode(int number);
const std::vector<Shape>& shapes();

}  // namespace cleat::scheduling::bench
