// What the volumes of drivers need of all pods of this node together. Owned by the agent. Strand only.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/events.h>

#include "volumes/attachments.h"
#include "volumes/driver_policies.h"
#include "volumes/token_cache.h"
#include "volumes/volume_drivers.h"

namespace cleat::agent {

struct DriverServices {
  DriverServices(Context& ctx, OwnNode& self, TokenCache& cache, EventRecorder& recorder)
      : context(ctx), client(ctx), drivers(ctx), policies(ctx), attachments(ctx, self), tokens(cache),
        events(recorder) {}

  Context& context;
  Client client;
  VolumeDrivers drivers;
  DriverPolicies policies;
  Attachments attachments;
  TokenCache& tokens;
  EventRecorder& events;
  // How often it is asked whether a volume has become larger, and a driver that wants that is told of its mounts again.
  Duration lookAgain = std::chrono::minutes(1);
};

}  // namespace cleat::agent
