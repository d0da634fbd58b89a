// UDP has no end of a connection: netfilter goes on sending a client's packets where the first one went, for as long as
// they come. When the way to a service has changed, what it remembers must be forgotten by hand: flows to an endpoint
// that is gone, and flows to an address from before there was a service or an endpoint behind it.
#pragma once

#include <cleat/sdk/status.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-common/family.h"

namespace cleat::proxy {

// Where packets for one address of a UDP service are to arrive.
struct UdpRoute {
  std::string address;  // empty: whatever the address, for a node port
  int port = 0;
  std::set<std::string> targets;  // by `udpTarget`; one without an address: that port whatever the address
  auto operator<=>(const UdpRoute&) const = default;
};

// "10.0.0.5:53", "[fd00::5]:53", ":40123".
std::string udpTarget(const std::string& address, int port);

// One or more flows: from any client to `address`:`port`, answered by `target`:`targetPort`.
struct UdpFlow {
  std::string address, target;
  int port = 0, targetPort = 0;
  auto operator<=>(const UdpFlow&) const = default;
};

// The flows of a listing by `conntrack -L -p udp` that no longer go where the routes say.
std::set<UdpFlow> staleFlows(std::string_view listing, const std::vector<UdpRoute>& routes);

// Makes the kernel forget them. Blocks.
Result<void> forgetStaleFlows(Family family, const std::vector<UdpRoute>& routes);

}  // namespace cleat::proxy
