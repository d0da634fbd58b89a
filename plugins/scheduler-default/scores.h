// How good a node that fits is for a pod: 0 to about 500, the higher the better.
#pragma once

#include "filters.h"

namespace cleat::scheduling {

enum class Strategy { spread, pack };

int64_t scoreOf(const Candidate& candidate, const NodeState& node, Strategy strategy);

}  // namespace cleat::scheduling
