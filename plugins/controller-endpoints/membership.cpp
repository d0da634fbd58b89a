#include "membership.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace cleat::endpoints {
namespace {

constexpr std::string_view kZone = "topology.kubernetes.io/zone";

std::optional<int32_t> portOf(core_v1::Container::Reader container, std::string_view name, std::string_view protocol) {
  for (auto port : container.getPorts()) {
    const std::string_view portProtocol = port.getProtocol().size() > 0 ? view(port.getProtocol()) : "TCP";
    if (view(port.getName()) == name && portProtocol == protocol) return port.getContainerPort();
  }
  return std::nullopt;
}

// Of the containers that run as long as the pod does.
std::optional<int32_t> namedPort(core_v1::PodSpec::Reader spec, std::string_view name, std::string_view protocol) {
  for (auto container : spec.getContainers()) {
    if (auto number = portOf(container, name, protocol)) return number;
  }
  for (auto container : spec.getInitContainers()) {
    if (view(container.getRestartPolicy()) != "Always") continue;
    if (auto number = portOf(container, name, protocol)) return number;
  }
  return std::nullopt;
}

std::vector<Port> portsFor(const Object<Service>& service, const Object<Pod>& pod) {
  std::vector<Port> ports;
  for (auto port : service->getSpec().getPorts()) {
    const std::string protocol = port.getProtocol().size() > 0 ? str(port.getProtocol()) : "TCP";
    std::optional<int32_t> number = port.getPort();
    if (port.hasTargetPort()) {
      auto target = port.getTargetPort();
      if (target.isStrVal()) {
        number = namedPort(pod->getSpec(), view(target.getStrVal()), protocol);
      } else if (target.getIntVal() != 0) {
        number = target.getIntVal();
      }
    }
    if (number) ports.push_back({str(port.getName()), protocol, str(port.getAppProtocol()), *number});
  }
  return ports;
}

bool finished(const Object<Pod>& pod) {
  std::string_view phase = view(pod->getStatus().getPhase());
  return phase == "Succeeded" || phase == "Failed";
}

// The first of a pod's addresses stands in podIP too.
std::string addressOf(const Object<Pod>& pod, std::string_view family) {
  auto fits = [&](std::string_view ip) { return !ip.empty() && (family.empty() || isIpv6(ip) == (family == kIpv6)); };
  auto status = pod->getStatus();
  if (fits(view(status.getPodIP()))) return str(status.getPodIP());
  for (auto ip : status.getPodIPs()) {
    if (fits(view(ip.getIp()))) return str(ip.getIp());
  }
  return {};
}

bool isReady(const Object<Pod>& pod) { return conditionIs(pod->getStatus().getConditions(), "Ready", "True"); }

Member memberOf(const Object<Service>& service, const Object<Pod>& pod, std::string address, const FindNode& findNode) {
  const bool inAnyState = service->getSpec().getPublishNotReadyAddresses();
  Member member;
  member.pod = pod;
  member.address = std::move(address);
  member.serving = isReady(pod);
  member.terminating = deletionPending(pod.meta());
  member.ready = inAnyState || (member.serving && !member.terminating);
  if (pod->getSpec().getSubdomain().size() > 0 && view(pod->getSpec().getSubdomain()) == service.name()) {
    member.hostname = str(pod->getSpec().getHostname());
  }
  const Object<Node> node = findNode(view(pod->getSpec().getNodeName()));
  member.placed = node || inAnyState;
  if (node) member.zone = zoneOf(node);
  return member;
}

}  // namespace

std::vector<Group> groupMembers(const Object<Service>& service, const std::vector<Object<Pod>>& pods,
                                std::string_view family, const FindNode& findNode) {
  std::map<std::vector<Port>, Group> groups;
  for (const Object<Pod>& pod : pods) {
    std::string address = addressOf(pod, family);
    if (finished(pod) || address.empty()) continue;
    std::vector<Port> ports = portsFor(service, pod);
    Group& group = groups[ports];
    group.ports = std::move(ports);
    group.members.push_back(memberOf(service, pod, std::move(address), findNode));
  }
  std::vector<Group> result;
  for (auto& [ports, group] : groups) {
    std::ranges::sort(group.members, [](const Member& a, const Member& b) {
      return std::tuple(std::string_view(a.address), a.pod.uid()) <
             std::tuple(std::string_view(b.address), b.pod.uid());
    });
    result.push_back(std::move(group));
  }
  return result;
}

std::vector<std::string_view> familiesOf(const Object<Service>& service) {
  std::vector<std::string_view> families;
  for (auto said : service->getSpec().getIpFamilies()) {
    const std::string_view family = view(said) == kIpv6 ? kIpv6 : kIpv4;
    if (std::ranges::find(families, family) == families.end()) families.push_back(family);
  }
  if (!families.empty()) return families;
  // Nobody has filled that in yet.
  if (isHeadless(service)) return {kIpv4, kIpv6};
  return {isIpv6(view(service->getSpec().getClusterIP())) ? kIpv6 : kIpv4};
}

std::string_view firstFamilyOf(const Object<Service>& service) {
  if (service->getSpec().getIpFamilies().size() == 0 && isHeadless(service)) return {};
  return familiesOf(service).front();
}

bool isHeadless(const Object<Service>& service) {
  const std::string_view ip = view(service->getSpec().getClusterIP());
  return ip.empty() || ip == "None";
}

std::string_view zoneOf(const Object<Node>& node) { return label(node.meta(), kZone).value_or(std::string_view()); }

bool sameMember(const Object<Pod>& a, const Object<Pod>& b) {
  return a.uid() == b.uid() && addressOf(a, kIpv4) == addressOf(b, kIpv4) &&
         addressOf(a, kIpv6) == addressOf(b, kIpv6) && addressOf(a, {}) == addressOf(b, {}) &&
         finished(a) == finished(b) && isReady(a) == isReady(b) &&
         deletionPending(a.meta()) == deletionPending(b.meta()) &&
         view(a->getSpec().getNodeName()) == view(b->getSpec().getNodeName()) &&
         isSubset(a.meta().getLabels(), b.meta().getLabels()) && isSubset(b.meta().getLabels(), a.meta().getLabels());
}

}  // namespace cleat::endpoints
