// Devices that somebody else makes usable: the plugins that fill the role `device-driver` on this node, each with the
// drivers that it says it has. Strand only.
#pragma once

#include <cleat/schema/role/device_driver.methods.h>
#include <cleat/sdk/fillers.h>
#include <cleat/sdk/kinds/resource_v1.h>
#include <cleat/sdk/object.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "devices/device_health.h"
#include "devices/prepared_claims.h"

namespace cleat::agent {

class DeviceDrivers {
 public:
  explicit DeviceDrivers(Context& context) : fillers_(context) {}

  // Whether somebody has the driver.
  Task<Result<void>> check(std::string driver);
  // The driver's part of the claim, which is allocated.
  Task<Result<std::vector<PreparedDevice>>> prepare(Object<resource_v1::ResourceClaim> claim, std::string driver);
  Task<Result<void>> unprepare(PreparedClaim claim, std::string driver);

  // The drivers that there are, and how their devices are; an error where somebody could not be asked.
  struct Description {
    std::set<std::string> drivers;
    HealthByDevice health;
  };
  Task<Result<Description>> describeAll();

 private:
  Task<Result<std::string>> find(std::string driver);

  Fillers fillers_;
  std::map<std::string, std::string> plugins_;  // by the driver that they have
};

// Those that devices of the claim are allocated from.
std::set<std::string> driversOf(resource_v1::ResourceClaim::Reader claim);

}  // namespace cleat::agent
