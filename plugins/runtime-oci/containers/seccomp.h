// The system calls that a container with the profile "RuntimeDefault" may make: what programs need, without what only
// administers the machine. What depends on a capability is allowed to those that have it.
#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace cleat::runtime {

// The `linux.seccomp` object of an OCI configuration. `capabilities` are the container's ("CAP_…").
boost::json::object defaultSeccompProfile(const std::vector<std::string>& capabilities);

}  // namespace cleat::runtime
