#include "membership.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <map>
#include <optional>

namespace cleat::endpoints {
namespace {

std::optional<int32_t> namedPort(core_v1::PodSpec::Reader spec, std::string_view name, std::string_view protocol) {
  for (auto container : spec.getContainers()) {
    for (auto port : container.getPorts()) {
      const std::string_view portProtocol = port.getProtocol().size() > 0 ? view(port.getProtocol()) : "TCP";
      if (view(port.getName()) == name && portProtocol == protocol) return port.getContainerPort();
    }
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

Member memberOf(const Object<Service>& service, const Object<Pod>& pod) {
  Member member;
  member.pod = pod;
  member.address = str(pod->getStatus().getPodIP());
  member.serving = conditionIs(pod->getStatus().getConditions(), "Ready", "True");
  member.terminating = deletionPending(pod.meta());
  member.ready = service->getSpec().getPublishNotReadyAddresses() || (member.serving && !member.terminating);
  if (pod->getSpec().getSubdomain().size() > 0 && view(pod->getSpec().getSubdomain()) == service.name()) {
    member.hostname = str(pod->getSpec().getHostname());
  }
  return member;
}

}  // namespace

std::vector<Group> groupMembers(const Object<Service>& service, std::vector<Object<Pod>> pods) {
  std::map<std::vector<Port>, Group> groups;
  for (const Object<Pod>& pod : pods) {
    if (finished(pod) || pod->getStatus().getPodIP().size() == 0) continue;
    std::vector<Port> ports = portsFor(service, pod);
    if (ports.empty() && service->getSpec().getPorts().size() > 0) continue;
    Group& group = groups[ports];
    group.ports = std::move(ports);
    group.members.push_back(memberOf(service, pod));
  }
  std::vector<Group> result;
  for (auto& [ports, group] : groups) {
    std::ranges::sort(group.members, {}, &Member::address);
    result.push_back(std::move(group));
  }
  return result;
}

}  // namespace cleat::endpoints
