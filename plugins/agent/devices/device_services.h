// What the devices of all pods of this node share. Owned by the agent. Strand only.
#pragma once

#include <cleat/sdk/client.h>

#include "devices/device_drivers.h"
#include "devices/prepared_claims.h"

namespace cleat::agent {

struct DeviceServices {
  explicit DeviceServices(Context& ctx) : context(ctx), client(ctx), drivers(ctx), prepared(ctx) {}

  Context& context;
  Client client;
  DeviceDrivers drivers;
  DeviceHealths health;
  PreparedClaims prepared;
};

}  // namespace cleat::agent
