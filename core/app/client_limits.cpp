#include "core/app/client_limits.h"

#include <algorithm>

namespace cleat::app {

void setClientLimits(const base::Config::Server& from, api::ServerOptions& to) {
  auto size = [](int64_t value) { return static_cast<size_t>(value); };  // checked when they were read
  to.maxInFlight = static_cast<int>(from.maxRequests);
  // As Kubernetes has it: a quarter of the time that a request may take, and no more than a minute.
  to.longestWait = std::min<std::chrono::nanoseconds>(from.requestTimeout / 4, std::chrono::minutes(1));
  to.maxConnections = size(from.maxConnections);
  to.limits.handshake = from.handshakeTimeout;
  to.limits.head = from.headTimeout;
  to.limits.request = from.requestTimeout;
  to.limits.idle = from.idleTimeout;
  to.limits.stall = from.stallTimeout;
  to.limits.bytesPerSecond = size(from.minBytesPerSecond);
  to.strangers.connections = size(from.strangerConnections);
  to.strangers.connectionsOfOne = size(from.strangerConnectionsPerAddress);
  to.strangers.requests = size(from.strangerRequests);
  to.strangers.requestsOfOne = size(from.strangerRequestsPerAddress);
  to.strangers.bytes = size(from.strangerBytes);
  to.strangers.bytesOfOne = size(from.strangerBytesPerAddress);
  to.handshakes.percent = static_cast<int>(from.handshakePercent);
  to.handshakes.waiting = size(from.strangerConnections);
}

}  // namespace cleat::app
