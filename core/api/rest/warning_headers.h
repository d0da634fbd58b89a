// What a client is warned of, as the Warning headers of its answer: each text once, and not without end.
#pragma once

#include <string>
#include <vector>

namespace cleat::api {

// The values of the headers. All texts together have 4,096 characters: where they have more, each is cut to 256, and
// those that come after are left out, as in Kubernetes.
std::vector<std::string> warningHeaders(const std::vector<std::string>& warnings);

}  // namespace cleat::api
