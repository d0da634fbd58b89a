// What /metrics says of the server beside what is counted: found out when it is asked for.
#pragma once

#include <string>

#include "core/object/catalogue.h"
#include "core/store/snapshot.h"

namespace cleat::app {

// How many objects there are of each kind.
std::string objectCounts(const object::Catalogue& kinds, const store::Snapshot& snapshot);
// Which version of Kubernetes' API this is.
std::string buildInfo();

}  // namespace cleat::app
