// The kinds of networking.k8s.io/v1, each with its defaults, rules and row: what service_addresses.cpp, ingresses.cpp
// and network_policies.cpp have to add to the plugin's table.
#pragma once

#include <cleat/sdk/kinds/networking_v1.h>

#include "kinds-common/kind_table.h"

namespace cleat::kinds::networking {

inline constexpr const char* kSchemaFile = "kinds/networking_v1.capnp";

void addIngresses(KindTable& table);
void addNetworkPolicies(KindTable& table);
// IPAddress, whose name is an address that is in use, and ServiceCIDR, a range of addresses for services.
void addServiceAddresses(KindTable& table);

}  // namespace cleat::kinds::networking
