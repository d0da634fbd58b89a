// Which pods stand behind a service, at which ports, and in which condition.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <string>
#include <vector>

namespace cleat::endpoints {

using core_v1::Pod;
using core_v1::Service;

struct Port {
  std::string name, protocol, appProtocol;
  int32_t number = 0;
  auto operator<=>(const Port&) const = default;
};

struct Member {
  Object<Pod> pod;
  std::string address;
  bool ready = false, serving = false, terminating = false;
  std::string hostname;  // for a headless service's DNS names
};

// Pods whose named ports resolve to the same numbers.
struct Group {
  std::vector<Port> ports;
  std::vector<Member> members;  // by address
};

// `pods`: those that the service's selector matches. In a stable order.
std::vector<Group> groupMembers(const Object<Service>& service, std::vector<Object<Pod>> pods);

}  // namespace cleat::endpoints
