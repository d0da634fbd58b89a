#include "addresses.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <map>

namespace cleat::endpoints {
namespace {

using core_v1::Endpoints;

constexpr std::string_view kManagedBy = "endpoints.kubernetes.io/managed-by";
constexpr std::string_view kManager = "endpoint-controller";
constexpr std::string_view kHeadless = "service.kubernetes.io/headless";

struct Subset {
  std::vector<Port> ports;
  std::vector<const Member*> ready, waiting;
};

// Pods on their way out are not told of.
void add(Subset& subset, const Group& group) {
  for (const Member& member : group.members) {
    if (member.terminating && !member.ready) continue;
    (member.ready ? subset.ready : subset.waiting).push_back(&member);
  }
}

// A subset for all ports that the same pods have: where a named port has another number in some pods, the others stand
// with the addresses of all of them. Pods without any of the service's ports are not told of.
std::vector<Subset> subsetsOf(const Object<Service>& service, const std::vector<Group>& groups) {
  std::vector<Subset> subsets;
  std::map<Port, std::vector<size_t>> groupsOf;
  for (size_t i = 0; i < groups.size(); ++i) {
    for (const Port& port : groups[i].ports) groupsOf[port].push_back(i);
    if (groups[i].ports.empty() && isHeadless(service) && service->getSpec().getPorts().size() == 0) {
      add(subsets.emplace_back(), groups[i]);
    }
  }
  std::map<std::vector<size_t>, std::vector<Port>> portsOf;
  for (const auto& [port, of] : groupsOf) portsOf[of].push_back(port);
  for (auto& [of, ports] : portsOf) {
    Subset& subset = subsets.emplace_back(Subset{std::move(ports), {}, {}});
    for (size_t i : of) add(subset, groups[i]);
    for (auto* list : {&subset.ready, &subset.waiting}) std::ranges::stable_sort(*list, {}, &Member::address);
  }
  std::erase_if(subsets, [](const Subset& subset) { return subset.ready.empty() && subset.waiting.empty(); });
  return subsets;
}

using Addresses = std::vector<const Member*> Subset::*;

size_t countOf(const std::vector<Subset>& subsets, Addresses which) {
  size_t count = 0;
  for (const Subset& subset : subsets) count += (subset.*which).size();
  return count;
}

// Cuts the lists to `most` in all, each in proportion to its share.
void cut(std::vector<Subset>& subsets, Addresses which, size_t most) {
  const size_t total = countOf(subsets, which);
  size_t left = most;
  for (Subset& subset : subsets) {
    auto& list = subset.*which;
    const size_t share = (list.size() * most + total - 1) / std::max<size_t>(total, 1);
    list.resize(std::min({list.size(), share, left}));
    left -= list.size();
  }
}

// Ready addresses are kept before others. True when some had to go.
bool truncate(std::vector<Subset>& subsets) {
  const size_t ready = countOf(subsets, &Subset::ready);
  if (ready + countOf(subsets, &Subset::waiting) <= kMostInEndpoints) return false;
  cut(subsets, &Subset::ready, std::min(ready, kMostInEndpoints));
  cut(subsets, &Subset::waiting, kMostInEndpoints - std::min(ready, kMostInEndpoints));
  std::erase_if(subsets, [](const Subset& subset) { return subset.ready.empty() && subset.waiting.empty(); });
  return true;
}

void fillAddresses(capnp::List<core_v1::EndpointAddress>::Builder list, const std::vector<const Member*>& members) {
  for (uint32_t i = 0; i < list.size(); ++i) {
    const Object<Pod>& pod = members[i]->pod;
    list[i].setIp(members[i]->address);
    if (!members[i]->hostname.empty()) list[i].setHostname(members[i]->hostname);
    if (pod->getSpec().getNodeName().size() > 0) list[i].setNodeName(pod->getSpec().getNodeName());
    auto target = list[i].initTargetRef();
    target.setKind("Pod");
    target.setNamespace(str(pod.ns()));
    target.setName(str(pod.name()));
    target.setUid(str(pod.uid()));
  }
}

// What is empty stays unset: an object with the same content then has the same form.
void fillSubset(core_v1::EndpointSubset::Builder to, const Subset& subset) {
  if (!subset.ready.empty()) fillAddresses(to.initAddresses(subset.ready.size()), subset.ready);
  if (!subset.waiting.empty()) fillAddresses(to.initNotReadyAddresses(subset.waiting.size()), subset.waiting);
  if (subset.ports.empty()) return;
  auto ports = to.initPorts(subset.ports.size());
  for (uint32_t i = 0; i < ports.size(); ++i) {
    const Port& port = subset.ports[i];
    if (!port.name.empty()) ports[i].setName(port.name);
    ports[i].setPort(port.number);
    ports[i].setProtocol(port.protocol);
    if (!port.appProtocol.empty()) ports[i].setAppProtocol(port.appProtocol);
  }
}

}  // namespace

Draft<Endpoints> endpointsOf(const Object<Service>& service, const std::vector<Group>& groups,
                             const Object<Endpoints>& old) {
  Draft<Endpoints> draft = old ? Draft<Endpoints>(old) : Draft<Endpoints>();
  if (!old) {
    draft.meta().setName(str(service.name()));
    draft.meta().setNamespace(str(service.ns()));
  }
  draft.meta().setLabels(service.meta().getLabels());
  setLabel(draft.meta(), kManagedBy, kManager);
  setLabel(draft.meta(), kHeadless, isHeadless(service) ? std::optional<std::string_view>("") : std::nullopt);
  std::vector<Subset> subsets = subsetsOf(service, groups);
  setAnnotation(draft.meta(), kOverCapacity,
                truncate(subsets) ? std::optional<std::string_view>("truncated") : std::nullopt);
  if (subsets.empty()) {
    draft->disownSubsets();
    return draft;
  }
  auto list = draft->initSubsets(subsets.size());
  for (uint32_t i = 0; i < subsets.size(); ++i) fillSubset(list[i], subsets[i]);
  return draft;
}

}  // namespace cleat::endpoints
