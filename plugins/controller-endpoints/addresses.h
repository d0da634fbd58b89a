// A service's members in the older form: one Endpoints object, with at most 1000 addresses.
#pragma once

#include <string_view>
#include <vector>

#include "membership.h"

namespace cleat::endpoints {

inline constexpr size_t kMostInEndpoints = 1000;

// The service's Endpoints with these members: `old` brought up to date, or a new object where that refers to nothing.
Draft<core_v1::Endpoints> endpointsOf(const Object<Service>& service, const std::vector<Group>& groups,
                                      const Object<core_v1::Endpoints>& old);

}  // namespace cleat::endpoints
