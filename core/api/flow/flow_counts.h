// FlowCounts and LevelCounts: what is counted of a flow and of a level, under the names that Kubernetes' API server has
// for it, so that its dashboards and alerts read it.
#pragma once

#include <string>

#include "core/base/metrics.h"

namespace cleat::api {

struct FlowCounts {
  FlowCounts(base::Metrics& metrics, const std::string& level, const std::string& flow);

  base::Counter &dispatched, &queueFull, &noSeat, &timedOut;
  base::Gauge &waiting, &executing, &seats;
  base::Histogram &waited, &waitedInVain, &executed, &queueLength;
};

struct LevelCounts {
  LevelCounts(base::Metrics& metrics, const std::string& level);

  base::Gauge &nominal, &lower, &upper, &current, &mostDemand;
};

// Takes away what was counted under these names. Nobody uses those counts any more.
void forgetFlow(base::Metrics& metrics, const std::string& level, const std::string& flow);
void forgetLevel(base::Metrics& metrics, const std::string& level);

}  // namespace cleat::api
