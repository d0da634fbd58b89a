// The netfilter rules that lead what is meant for a service to the relay's sockets, and keep everything else away from
// them, as input of iptables-restore --noflush.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "proxy-common/netfilter.h"
#include "proxy-common/service_table.h"

namespace cleat::proxy {

// `ports`: the relay's, by the services' keys.
std::string makeRedirects(Family family, const std::vector<ServicePort>& services,
                          const std::map<std::string, uint16_t>& ports);

// The rules that lead from the built-in chains to ours.
std::vector<Jump> redirectJumps();

}  // namespace cleat::proxy
