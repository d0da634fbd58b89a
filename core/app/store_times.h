// How long the store takes for writes, under the names that dashboards know an API server's requests to its store by.
// There are no others: what is read is in memory.
#pragma once

#include <functional>

#include "core/base/metrics.h"
#include "core/store/store.h"

namespace cleat::app {

// For store::Options::written; the metrics outlive it.
std::function<void(const store::WriteCost&)> storeTimes(base::Metrics& metrics);

}  // namespace cleat::app
