// What a container's status says of the devices that it has.
#pragma once

#include <string>
#include <vector>

namespace cleat::agent {

struct DeviceFact {
  std::string id;      // "example.com/gpu=0"
  std::string health;  // Healthy, Unhealthy or Unknown
  std::string message;
  bool operator==(const DeviceFact&) const = default;
};

struct ResourceDevices {
  std::string name;  // what the container asks for
  std::vector<DeviceFact> devices;
  bool operator==(const ResourceDevices&) const = default;
};

}  // namespace cleat::agent
