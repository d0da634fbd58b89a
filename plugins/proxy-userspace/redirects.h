// The netfilter rules that lead what is meant for a service to the relay's sockets, as input of iptables-restore --noflush.
#pragma once

#include <cleat/sdk/status.h>

#include <map>
#include <string>
#include <vector>

#include "proxy-common/service_table.h"

namespace cleat::proxy {

std::string makeRedirects(const std::vector<ServicePort>& services, const std::map<std::string, uint16_t>& ports);

// Puts in the rules that lead from the built-in chains to ours. Blocks.
Result<void> ensureRedirectJumps();
Result<void> loadRules(const std::string& rules);

}  // namespace cleat::proxy
