// The system calls that a container with the profile "RuntimeDefault" may make: what programs need, without what only
// administers the machine. What depends on a capability is allowed to those that have it. And the profiles that the
// machine's operator has put into a folder for "Localhost".
#pragma once

#include <cleat/sdk/status.h>

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace cleat::runtime {

// The `linux.seccomp` object of an OCI configuration. `capabilities` are the container's ("CAP_…").
boost::json::object defaultSeccompProfile(const std::vector<std::string>& capabilities);

// A profile of the machine's operator: the file `path` below `folder`, which no `..` and no link leads out of.
Result<boost::json::object> localSeccompProfile(const std::string& folder, const std::string& path);

}  // namespace cleat::runtime
