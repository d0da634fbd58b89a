// What /metrics says of the server beside what is counted: found out when it is asked for.
#pragma once

#include <string>

#include "core/object/catalogue.h"
#include "core/store/store.h"

namespace cleat::app {

// How many objects there are of each kind, how much the store's folder holds, and which version this is.
std::string serverMetrics(const object::Catalogue& kinds, const store::Store& store, const std::string& folder);
// Which version of Kubernetes' API this is.
std::string buildInfo();
// What an operator should know of a store that works; empty: nothing.
std::string noteOf(const store::Store& store);

}  // namespace cleat::app
