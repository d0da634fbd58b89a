// What a service's type implies, and the rules for services.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>

#include "kinds-common/kind_table.h"

namespace cleat::kinds::core {

// The type has an address in the cluster (even if it is "None"), and a port on every node.
bool needsClusterIp(core_v1::ServiceSpec::Reader spec);
bool needsNodePort(core_v1::ServiceSpec::Reader spec);
// A load balancer that keeps traffic on the node asks each node whether it has pods.
bool needsHealthCheckPort(core_v1::ServiceSpec::Reader spec);
bool isExternallyAccessible(core_v1::ServiceSpec::Reader spec);
bool isHeadless(core_v1::ServiceSpec::Reader spec);

void validateService(const Change<core_v1::Service>& change, Findings& findings);
// What whoever writes a service is told of, though it is valid.
void warnOfService(core_v1::Service::Reader service, Findings& findings);

}  // namespace cleat::kinds::core
