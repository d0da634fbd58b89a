// What is left of control groups when all processes in them have ended.
#pragma once

#include <string>

namespace cleat::app {

// Removes the group of that path ("/cleat-dev-x1y2z3") and those below it, in each hierarchy that is mounted.
void removeLeftCgroups(const std::string& root);

}  // namespace cleat::app
