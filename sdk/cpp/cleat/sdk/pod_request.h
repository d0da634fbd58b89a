// What a pod takes of its node: amounts of resources, and ports of the node's own addresses. For whoever places pods,
// and for nodes that are given some:
//
//   ResourceAmounts left = amountsIn(node->getStatus().getAllocatable());
//   left.add(requestOf(other->getSpec()), -1);
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cleat {

// Amounts by resource; cpu in thousandths, everything else in units.
struct ResourceAmounts {
  int64_t milliCpu = 0, memory = 0, storage = 0, pods = 0;
  std::map<std::string, int64_t> others;  // extended resources and huge pages
  void add(const ResourceAmounts& other, int sign);
  bool operator==(const ResourceAmounts&) const = default;
};
ResourceAmounts amountsIn(TextMapReader map);

// What the pod asks for: its containers and sidecars together, or its largest init container with the sidecars that run
// by then if that is more, or what it asks for as a whole; and its overhead. A limit alone is a request too.
ResourceAmounts requestOf(core_v1::PodSpec::Reader spec);

struct HostPort {
  std::string ip, protocol;  // empty: every address; TCP
  int32_t port = 0;
  auto operator<=>(const HostPort&) const = default;
};
// Of its containers and sidecars.
std::vector<HostPort> takenHostPorts(core_v1::PodSpec::Reader spec);
// Whether not both can be had on one node.
bool collide(const HostPort& a, const HostPort& b);

}  // namespace cleat
