// What the operating system knows of this process, as Prometheus' text: the process_… metrics that its client libraries
// give for every program.
#pragma once

#include <string>

namespace cleat::base {

std::string processMetrics();

}  // namespace cleat::base
