// The Linux capabilities that a container gets: Docker's default list, with what its pod adds and drops.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <vector>

namespace cleat::runtime {

struct CapabilityWish {
  bool privileged = false;             // all of them
  std::vector<std::string> add, drop;  // "NET_ADMIN", "CAP_NET_ADMIN" or "ALL"
};

// "CAP_…", sorted. Only those that this process has itself: it cannot give what it has not, and in a container of its
// own it has fewer. `held` is for tests: the bounding set; ~0: this process's.
Result<std::vector<std::string>> resolveCapabilities(const CapabilityWish& wish, uint64_t held = ~0ull);

}  // namespace cleat::runtime
