// The interfaces of roles, by their ids: which role a method belongs to, how errors name a method, and what it takes
// and gives. The core has those that it calls itself; all others come with the plugins that fill them
// (cleat/sdk/interface.h), and what has been learned once stays known. A role is called what its interface is, in small
// words: PriceList is "price-list". Thread-safe.
#pragma once

#include <cleat/sdk/method.h>
#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/host/loading/carried_interfaces.h"
#include "core/object/schema/shape_plan.h"

namespace cleat::host {

// "kinds", "runtime" …; empty for a method that is no role's, or of one that is not known. Stays valid.
std::string_view roleOf(MethodId method);

// What is said in such a role is said in the server's name, and done with the rights of whoever is told: no plugin may
// call it.
bool isServersToCall(MethodId method);

// "Kinds.describe"
std::string methodName(MethodId method);

// What a method takes and gives; null for a method that this program does not know. Stays valid.
const object::ShapePlan* paramShape(MethodId method);
const object::ShapePlan* resultShape(MethodId method);

// Makes known what a plugin's file carries. Fails, and learns nothing, when another plugin has brought the same
// interface with methods that do not fit together with these.
Result<void> learnInterfaces(const std::vector<CarriedInterface>& carried, const std::string& file);

}  // namespace cleat::host
