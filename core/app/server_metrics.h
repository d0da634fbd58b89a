// What /metrics says of the server beside what is counted: found out when it is asked for.
#pragma once

#include <string>

#include "core/object/catalogue.h"
#include "core/store/store.h"

namespace cleat::app {

// How many objects there are of each kind.
std::string objectCounts(const object::Catalogue& kinds, const store::Snapshot& snapshot);
// Which version of Kubernetes' API this is.
std::string buildInfo();
// What an operator should know of a store that works; empty: nothing.
std::string noteOf(const store::Store& store);

}  // namespace cleat::app
