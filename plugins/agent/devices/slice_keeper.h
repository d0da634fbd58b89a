// Takes away what the cluster knows of the devices of drivers that are not on this node any more: their ResourceSlices.
// A driver that is started anew has a moment to come back. By asking for the drivers each second it also has those that
// have come since registered, and keeps current how their devices are. Strand only.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/resource_v1.h>

#include <map>
#include <set>
#include <string>

#include "devices/device_drivers.h"

namespace cleat::agent {

class SliceKeeper {
 public:
  SliceKeeper(Context& context, DeviceDrivers& drivers, DeviceHealths& health)
      : context_(context), client_(context), drivers_(drivers), health_(health) {}

  // Begins once anybody fills the role, and goes on as long as the plugin runs.
  void start() { spawn(keep()); }

 private:
  Task<void> keep();
  Task<void> removeSlicesWithout(std::set<std::string> drivers);

  Context& context_;
  Client client_;
  DeviceDrivers& drivers_;
  DeviceHealths& health_;
  std::unique_ptr<Informer<resource_v1::ResourceSlice>> slices_;
  std::map<std::string, Instant> missing_;  // since when, by the driver
};

}  // namespace cleat::agent
