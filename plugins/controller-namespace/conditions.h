// Tells in a namespace's status how far its deletion has come.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <string>

#include "contents.h"

namespace cleat::namespaces {

// Sets the five conditions of a namespace that is being deleted. Returns whether anything changed.
bool setConditions(core_v1::NamespaceStatus::Builder status, const Remains& remains, const std::string& now);

}  // namespace cleat::namespaces
