// The families of a service's addresses: which it has by its policy, by the addresses that it asks for, by what it had
// and by what the cluster has. Before addresses are given.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>

#include <optional>
#include <vector>

#include "kinds-common/findings.h"

namespace cleat::kinds::core {

// A service of one family lets go of what it had of the second, where the client repeats that.
void releaseSecondFamily(core_v1::ServiceSpec::Builder spec, core_v1::ServiceSpec::Reader old);

// Fills in spec.ipFamilyPolicy and spec.ipFamilies, or tells what speaks against them. `available4`: the cluster's
// families, its own first, and for each whether it is IPv4.
void settleFamilies(core_v1::ServiceSpec::Builder spec, std::optional<core_v1::ServiceSpec::Reader> old,
                    const std::vector<bool>& available4, Findings& findings);

}  // namespace cleat::kinds::core
