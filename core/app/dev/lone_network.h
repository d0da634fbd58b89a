// The network of a node that is alone in the world: loopback, and an interface with an address that leads nowhere,
// since a node has an address, and pods reach the API at it.
#pragma once

#include <cleat/sdk/status.h>

namespace cleat::app {

// In this thread's network namespace, which is a new one.
Result<void> makeLoneNetwork();

}  // namespace cleat::app
