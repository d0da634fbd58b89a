// Which pods stand behind a service, at which ports, and in which condition.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::endpoints {

using core_v1::Node;
using core_v1::Pod;
using core_v1::Service;

// The annotation of Endpoints that hold fewer addresses than there are.
inline constexpr std::string_view kOverCapacity = "endpoints.kubernetes.io/over-capacity";

// Of addresses, as services and slices name them.
inline constexpr std::string_view kIpv4 = "IPv4", kIpv6 = "IPv6";

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
  std::string zone;
  bool placed = true;  // its node exists, or it is published in any state
};

// Pods whose named ports resolve to the same numbers. A pod without any of the named ports is in a group without ports.
struct Group {
  std::vector<Port> ports;
  std::vector<Member> members;  // by address
};

// Refers to nothing when there is no such node.
using FindNode = std::function<Object<Node>(std::string_view name)>;

// `pods`: those that the service's selector matches. Of each the address of the family, and whoever has none is left
// out; an empty family stands for each pod's first address. In a stable order.
std::vector<Group> groupMembers(const Object<Service>& service, const std::vector<Object<Pod>>& pods,
                                std::string_view family, const FindNode& findNode);

// The families of a service, each of which has slices of its own.
std::vector<std::string_view> familiesOf(const Object<Service>& service);
// The one that Endpoints, which have room for one, are of; empty where every pod's first address will do.
std::string_view firstFamilyOf(const Object<Service>& service);

// Without an address of its own, so that its pods are addressed one by one.
bool isHeadless(const Object<Service>& service);

std::string_view zoneOf(const Object<Node>& node);

// Nothing that a service's endpoints tell of the pod differs.
bool sameMember(const Object<Pod>& a, const Object<Pod>& b);

}  // namespace cleat::endpoints
