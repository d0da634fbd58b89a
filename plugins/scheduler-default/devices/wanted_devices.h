// What a claim asks for, in one form: requests with one or several choices, of which the first that can be had counts.
#pragma once

#include <cleat/sdk/kinds/resource_v1.h>
#include <cleat/sdk/quantity.h>

#include <string>
#include <vector>

#include "device-common/device_taints.h"
#include "devices/device_state.h"

namespace cleat::scheduling {

// Beyond so many devices a claim's status would not take them.
constexpr size_t kMostResults = 32;

struct DeviceChoice {
  std::string name;     // "request", or "request/subrequest"
  std::string request;  // "request"
  std::string className;
  std::vector<const Selector*> selectors;  // of its class, then its own
  bool all = false;
  size_t count = 0;
  bool adminAccess = false;
  devices::TolerationsReader tolerations;
  std::vector<std::pair<std::string, Quantity>> capacity;  // what is asked of it at least
};
struct DeviceRequest {
  std::vector<DeviceChoice> choices;
};

struct WantedDevices {
  Object<ResourceClaim> claim;  // keeps what is read
  std::vector<DeviceRequest> requests;
  std::string error;  // why nobody can give what it asks for: a class that there is not, an expression that is none
};
WantedDevices readWanted(const Object<ResourceClaim>& claim, const DeviceState& state);

// A name in a constraint or a configuration: a request, with all its choices, or one of them.
bool refersTo(std::string_view name, const DeviceChoice& choice);

}  // namespace cleat::scheduling
