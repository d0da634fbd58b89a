// The bridge of the default network where pods have addresses of IPv6, made before the CNI plugin would make it with
// its first pod: then the kernel asks for a second whether anybody else has the gateway's address, and does not answer
// under it meanwhile. Nobody else can have it: the node's pods are alone on the bridge, and none sends under another's
// address.
#pragma once

#include <cleat/sdk/status.h>

#include <string>

namespace cleat::network {

// Afterwards there is a bridge of this name, and an address that it is given is good at once. One that is there already
// keeps its pods.
Result<void> makeGatewayBridge(const std::string& name);

}  // namespace cleat::network
