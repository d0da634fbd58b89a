// The interface `Cluster` (schema/bus.capnp) as the host serves it to plugins: decodes a plugin's call, asks
// bus::Cluster as the plugin's own identity, and encodes what comes back.
#pragma once

#include <memory>

#include "core/host/host_services.h"

namespace cleat::host {

// Everything but a watch. `call` is what takePayload gave: the parameters and the objects.
Task<Outcome> serveCluster(std::shared_ptr<HostServices> services, bus::UserRef user, MethodId method, RoleAnswer call);

Task<Result<std::unique_ptr<bus::Subscription>>> openWatch(std::shared_ptr<HostServices> services, bus::UserRef user,
                                                           Ref<const Message> params);

}  // namespace cleat::host
