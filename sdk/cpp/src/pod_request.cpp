#include <cleat/sdk/pod_request.h>
#include <cleat/sdk/quantity.h>

#include <algorithm>

namespace cleat {
namespace {

void addQuantity(ResourceAmounts& amounts, std::string_view name, const Quantity& quantity) {
  if (name == "cpu") {
    amounts.milliCpu += quantity.milliValue();
  } else if (name == "memory") {
    amounts.memory += quantity.value();
  } else if (name == "ephemeral-storage") {
    amounts.storage += quantity.value();
  } else if (name == "pods") {
    amounts.pods += quantity.value();
  } else {
    amounts.others[std::string(name)] += quantity.value();
  }
}

ResourceAmounts requestIn(core_v1::ResourceRequirements::Reader resources) {
  ResourceAmounts request = amountsIn(resources.getRequests());
  for (auto limit : resources.getLimits()) {
    if (lookup(resources.getRequests(), view(limit.getKey()))) continue;
    addQuantity(request, view(limit.getKey()), Quantity::parseOrZero(limit.getValue()));
  }
  return request;
}

void raiseTo(ResourceAmounts& amounts, const ResourceAmounts& other) {
  amounts.milliCpu = std::max(amounts.milliCpu, other.milliCpu);
  amounts.memory = std::max(amounts.memory, other.memory);
  amounts.storage = std::max(amounts.storage, other.storage);
  for (const auto& [name, value] : other.others) amounts.others[name] = std::max(amounts.others[name], value);
}

// What the pod asks for as a whole stands for what its containers ask for of the same resource.
void replaceWith(ResourceAmounts& amounts, core_v1::ResourceRequirements::Reader whole) {
  auto asked = [&](std::string_view name) {
    return lookup(whole.getRequests(), name) || lookup(whole.getLimits(), name);
  };
  const ResourceAmounts request = requestIn(whole);
  if (asked("cpu")) amounts.milliCpu = request.milliCpu;
  if (asked("memory")) amounts.memory = request.memory;
  for (const auto& [name, value] : request.others) amounts.others[name] = value;
}

bool isSidecar(core_v1::Container::Reader container) { return view(container.getRestartPolicy()) == "Always"; }

}  // namespace

void ResourceAmounts::add(const ResourceAmounts& other, int sign) {
  milliCpu += sign * other.milliCpu;
  memory += sign * other.memory;
  storage += sign * other.storage;
  pods += sign * other.pods;
  for (const auto& [name, value] : other.others) others[name] += sign * value;
}

ResourceAmounts amountsIn(TextMapReader map) {
  ResourceAmounts amounts;
  for (auto entry : map) addQuantity(amounts, view(entry.getKey()), Quantity::parseOrZero(entry.getValue()));
  return amounts;
}

ResourceAmounts requestOf(core_v1::PodSpec::Reader spec) {
  ResourceAmounts sum, sidecars, largestInit;
  for (auto container : spec.getContainers()) sum.add(requestIn(container.getResources()), 1);
  for (auto container : spec.getInitContainers()) {
    ResourceAmounts request = requestIn(container.getResources());
    if (isSidecar(container)) {
      sidecars.add(request, 1);
      raiseTo(largestInit, sidecars);
    } else {
      request.add(sidecars, 1);
      raiseTo(largestInit, request);
    }
  }
  sum.add(sidecars, 1);
  raiseTo(sum, largestInit);
  replaceWith(sum, spec.getResources());
  sum.add(amountsIn(spec.getOverhead()), 1);
  sum.pods = 1;
  return sum;
}

std::vector<HostPort> takenHostPorts(core_v1::PodSpec::Reader spec) {
  std::vector<HostPort> taken;
  auto take = [&](core_v1::Container::Reader container) {
    for (auto port : container.getPorts()) {
      if (port.getHostPort() > 0) taken.push_back({str(port.getHostIP()), str(port.getProtocol()), port.getHostPort()});
    }
  };
  for (auto container : spec.getContainers()) take(container);
  for (auto container : spec.getInitContainers()) {
    if (isSidecar(container)) take(container);
  }
  return taken;
}

bool collide(const HostPort& a, const HostPort& b) {
  auto any = [](const std::string& ip) { return ip.empty() || ip == "0.0.0.0" || ip == "::"; };
  auto isTcp = [](const std::string& protocol) { return protocol.empty() || protocol == "TCP"; };
  const bool sameProtocol = a.protocol == b.protocol || (isTcp(a.protocol) && isTcp(b.protocol));
  return a.port == b.port && sameProtocol && (a.ip == b.ip || any(a.ip) || any(b.ip));
}

}  // namespace cleat
