// For whom the drivers of a pod's volumes want tokens of its service account.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/core_v1.h>

#include <string>

namespace cleat::node_restriction {

// Whether the CSIDriver of one of the pod's volumes, its own or of its claims, asks for tokens for the audience.
Task<Result<bool>> driverAsksFor(Client client, Object<core_v1::Pod> pod, std::string audience);

}  // namespace cleat::node_restriction
