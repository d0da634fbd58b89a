// KernelRules: the rules of one family as this node's kernel has them, and the way there from one table of services to
// the next. Blocks; one call at a time.
#pragma once

#include <cleat/sdk/log.h>
#include <cleat/sdk/status.h>

#include <string>
#include <vector>

#include "proxy-common/connection_tracking.h"
#include "rules.h"

namespace cleat::proxy {

class KernelRules {
 public:
  // `log` outlives it.
  KernelRules(RuleOptions options, const Log& log) : options_(std::move(options)), log_(log) {}

  // The first time it also prepares the kernel and takes away what another run or another proxy mode has left. Of IPv6
  // the kernel gets nothing until there is a service.
  Result<void> write(const std::vector<ServicePort>& services);

 private:
  Result<bool> hasNothingToDo(const std::vector<ServicePort>& services) const;

  RuleOptions options_;
  const Log& log_;
  bool settled_ = false;             // a first write has come to its end
  std::vector<std::string> chains_;  // of services and endpoints, in the kernel
  std::vector<UdpRoute> udpRoutes_;
};

}  // namespace cleat::proxy
