// Which addresses a service of the type LoadBalancer is to have, worked out of the nodes, the other such services and
// its endpoints. No request is made here.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>
#include <cleat/sdk/object.h>

#include <set>
#include <string>
#include <vector>

namespace cleat::balancer {

using core_v1::Node;
using core_v1::Service;
using discovery_v1::EndpointSlice;

inline constexpr const char* kFinalizer = "service.kubernetes.io/load-balancer-cleanup";

// Whether it is this controller's to serve: one with a class is another one's.
bool wantsBalancer(const Object<Service>& service);
// Whether it was served: what has to be taken back when it is not wanted any more.
inline bool hasBalancer(const Object<Service>& service) { return hasFinalizer(service.meta(), kFinalizer); }

// Whether traffic from outside may come to the node at all.
bool isAvailable(const Object<Node>& node);

// What keeps the service from having its ports at the nodes; empty: nothing. The oldest of those that want a port has
// it, and some are the nodes' own. `others` are services of which this one may be one.
std::string refusalOf(const Object<Service>& service, const std::vector<Object<Service>>& others,
                      const std::set<uint16_t>& reserved);

// The addresses, in order and each once: of a node its external ones, or else its internal ones, of the service's
// families. With externalTrafficPolicy Local of nodes alone that have a ready endpoint.
std::vector<std::string> addressesFor(const Object<Service>& service, const std::vector<Object<Node>>& nodes,
                                      const std::vector<Object<EndpointSlice>>& slices);

// Those in its status.
std::vector<std::string> addressesOf(const Object<Service>& service);

}  // namespace cleat::balancer
