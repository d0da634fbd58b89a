#include "slices.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>

namespace cleat::endpoints {
namespace {

using Labels = std::map<std::string, std::string>;

Labels labelsFor(const Object<Service>& service) {
  Labels labels;
  for (auto entry : service.meta().getLabels()) labels[str(entry.getKey())] = str(entry.getValue());
  labels.erase(std::string(kHeadlessLabel));
  if (isHeadless(service)) labels[std::string(kHeadlessLabel)] = "";
  labels[std::string(kServiceLabel)] = service.name();
  labels[std::string(kSliceManagedBy)] = kSliceManager;
  return labels;
}

Labels labelsOf(const Object<EndpointSlice>& slice) {
  Labels labels;
  for (auto entry : slice.meta().getLabels()) labels[str(entry.getKey())] = str(entry.getValue());
  return labels;
}

std::vector<Port> portsOf(const Object<EndpointSlice>& slice) {
  std::vector<Port> ports;
  for (auto port : slice->getPorts()) {
    ports.push_back(
        {str(port.getName()), str(port.getProtocol()), str(port.getAppProtocol()), valueOr(port.getPort(), 0)});
  }
  return ports;
}

// Who is to prefer an endpoint, as spec.trafficDistribution says: whoever is in its zone, or on its node. Or whoever is
// in the zone that it is given once all slices are planned, as the service's annotation says, which goes before.
enum class Nearness { any, zone, node, shared };

Nearness nearnessOf(const Object<Service>& service) {
  if (wantsTopologyHints(service)) return Nearness::shared;
  const std::string_view said = view(service->getSpec().getTrafficDistribution());
  if (said == "PreferClose" || said == "PreferSameZone") return Nearness::zone;
  return said == "PreferSameNode" ? Nearness::node : Nearness::any;
}

struct Hints {
  std::string_view zone, node;  // empty: none
};
Hints hintsFor(const Member& member, Nearness nearness) {
  Hints hints;
  if (nearness == Nearness::any || nearness == Nearness::shared || !member.ready) return hints;
  hints.zone = member.zone;
  if (nearness == Nearness::node) hints.node = view(member.pod->getSpec().getNodeName());
  return hints;
}

bool has(discovery_v1::EndpointHints::Reader said, const Hints& hints) {
  auto is = [](auto list, std::string_view name) {
    return name.empty() ? list.size() == 0 : list.size() == 1 && view(list[0].getName()) == name;
  };
  return is(said.getForZones(), hints.zone) && is(said.getForNodes(), hints.node);
}

bool says(discovery_v1::Endpoint::Reader endpoint, const Member& member, Nearness nearness) {
  auto conditions = endpoint.getConditions();
  auto is = [](auto box, bool value) { return isSet(box) && box.getValue() == value; };
  return endpoint.getAddresses().size() == 1 && view(endpoint.getAddresses()[0]) == member.address &&
         is(conditions.getReady(), member.ready) && is(conditions.getServing(), member.serving) &&
         is(conditions.getTerminating(), member.terminating) && view(endpoint.getHostname()) == member.hostname &&
         view(endpoint.getNodeName()) == view(member.pod->getSpec().getNodeName()) &&
         view(endpoint.getZone()) == member.zone && view(endpoint.getTargetRef().getName()) == member.pod.name() &&
         (nearness == Nearness::shared || has(endpoint.getHints(), hintsFor(member, nearness)));
}

void fillEndpoint(discovery_v1::Endpoint::Builder endpoint, const Member& member, const Hints& hints) {
  endpoint.initAddresses(1).set(0, member.address);
  auto conditions = endpoint.initConditions();
  conditions.initReady().setValue(member.ready);
  conditions.initServing().setValue(member.serving);
  conditions.initTerminating().setValue(member.terminating);
  if (!member.hostname.empty()) endpoint.setHostname(member.hostname);
  if (!member.zone.empty()) endpoint.setZone(member.zone);
  if (member.pod->getSpec().getNodeName().size() > 0) endpoint.setNodeName(member.pod->getSpec().getNodeName());
  auto target = endpoint.initTargetRef();
  target.setKind("Pod");
  target.setNamespace(str(member.pod.ns()));
  target.setName(str(member.pod.name()));
  target.setUid(str(member.pod.uid()));
  if (!hints.zone.empty()) endpoint.initHints().initForZones(1)[0].setName(str(hints.zone));
  if (!hints.node.empty()) endpoint.getHints().initForNodes(1)[0].setName(str(hints.node));
}

// One slice as it shall be.
struct Filling {
  Object<EndpointSlice> slice;  // refers to nothing for a new one
  std::vector<Port> ports;
  std::vector<const Member*> members;
  bool changed = false;
  std::vector<HintedEndpoint> shared;  // the members with the zones that they were given; empty where none are

  size_t room() const { return kMostInSlice - members.size(); }
};

class Planner {
 public:
  Planner(const Object<Service>& service, std::string_view family)
      : service_(service), family_(family), labels_(labelsFor(service)), nearness_(nearnessOf(service)) {}

  // `existing`: of the family.
  SlicePlan plan(const std::vector<Group>& groups, const std::vector<Object<EndpointSlice>>& existing,
                 const ZoneShares& shares) {
    sort(existing);
    for (const Group& group : groups) planGroup(group);
    for (auto& [ports, slices] : byPorts_) spare_.insert(spare_.end(), slices.begin(), slices.end());
    // A service that nobody stands behind has one empty slice.
    if (fillings_.empty()) fillings_.emplace_back().changed = true;
    if (nearness_ == Nearness::shared) share(shares);
    for (Filling& filling : fillings_) write(filling);
    plan_.removals.insert(plan_.removals.end(), spare_.begin(), spare_.end());
    return std::move(plan_);
  }

 private:
  void sort(const std::vector<Object<EndpointSlice>>& existing) {
    for (const Object<EndpointSlice>& slice : existing) {
      if (isControlledBy(slice.meta(), service_.uid())) {
        byPorts_[portsOf(slice)].push_back(slice);
      } else {
        plan_.removals.push_back(slice);
      }
    }
  }

  void planGroup(const Group& group) {
    std::unordered_map<std::string_view, const Member*> byUid;
    for (const Member& member : group.members) {
      if (member.placed) byUid[member.pod.uid()] = &member;
    }
    if (byUid.empty()) return;
    std::vector<Filling> fillings;
    if (auto have = byPorts_.extract(group.ports)) {
      for (const Object<EndpointSlice>& slice : have.mapped()) keep(slice, group.ports, byUid, fillings);
    }
    std::vector<const Member*> rest;
    for (const Member& member : group.members) {
      if (byUid.contains(member.pod.uid())) rest.push_back(&member);
    }
    place(rest, group.ports, fillings);
    std::ranges::move(fillings, std::back_inserter(fillings_));
  }

  // What is in the slice and shall be in one stays there, and leaves `byUid`.
  void keep(const Object<EndpointSlice>& slice, const std::vector<Port>& ports,
            std::unordered_map<std::string_view, const Member*>& byUid, std::vector<Filling>& fillings) {
    Filling filling{slice, ports, {}, labelsOf(slice) != labels_};
    for (auto endpoint : slice->getEndpoints()) {
      auto member = byUid.extract(view(endpoint.getTargetRef().getUid()));
      filling.changed = filling.changed || !member || !says(endpoint, *member.mapped(), nearness_);
      if (member) filling.members.push_back(member.mapped());
    }
    if (filling.members.empty()) {
      spare_.push_back(slice);
    } else {
      fillings.push_back(std::move(filling));
    }
  }

  // Into slices that are written anyway, the fullest first; then into one that has room for all the others; then into
  // new ones.
  static void place(std::vector<const Member*> rest, const std::vector<Port>& ports, std::vector<Filling>& fillings) {
    auto take = [&](Filling& filling) {
      const auto count = static_cast<ptrdiff_t>(std::min(filling.room(), rest.size()));
      filling.members.insert(filling.members.end(), rest.begin(), rest.begin() + count);
      rest.erase(rest.begin(), rest.begin() + count);
      filling.changed = true;
    };
    std::ranges::stable_sort(fillings, {}, &Filling::room);
    for (Filling& filling : fillings) {
      if (filling.changed && !rest.empty()) take(filling);
    }
    while (!rest.empty()) {
      auto fits = std::ranges::find_if(fillings, [&](const Filling& filling) { return filling.room() >= rest.size(); });
      take(fits != fillings.end() ? *fits : fillings.emplace_back(Filling{{}, ports, {}, true}));
    }
  }

  void share(const ZoneShares& shares) {
    std::vector<HintedSlice> slices;
    for (const Filling& filling : fillings_) {
      HintedSlice& slice = slices.emplace_back(HintedSlice{filling.changed, {}});
      for (const Member* member : filling.members) slice.endpoints.push_back({member->ready, member->zone, {}});
      if (!filling.changed) readHints(filling.slice, slice);
    }
    plan_.hints.emplace(family_, assignHints(slices, shares));
    for (size_t i = 0; i < slices.size(); ++i) {
      fillings_[i].changed = slices[i].isWritten;
      fillings_[i].shared = std::move(slices[i].endpoints);
    }
  }

  // `slice`: its endpoints are the members of `from`, in their order.
  static void readHints(const Object<EndpointSlice>& from, HintedSlice& slice) {
    for (uint32_t i = 0; i < slice.endpoints.size(); ++i) {
      auto hints = from->getEndpoints()[i].getHints();
      auto zones = hints.getForZones();
      if (zones.size() == 1) slice.endpoints[i].hint = str(zones[0].getName());
      // Nobody gives such ones here.
      if (zones.size() > 1 || hints.getForNodes().size() > 0) slice.isWritten = true;
    }
  }

  void write(Filling& filling) {
    if (!filling.changed) return;
    if (!filling.slice && !spare_.empty()) {
      filling.slice = spare_.front();
      spare_.erase(spare_.begin());
      // The empty slice of a service may be there already.
      if (filling.members.empty() && filling.slice->getEndpoints().size() == 0 && portsOf(filling.slice).empty() &&
          labelsOf(filling.slice) == labels_) {
        return;
      }
    }
    (filling.slice ? plan_.updates : plan_.creates).push_back(draftOf(filling));
  }

  Draft<EndpointSlice> draftOf(const Filling& filling) const {
    Draft<EndpointSlice> draft = filling.slice ? Draft<EndpointSlice>(filling.slice) : Draft<EndpointSlice>();
    if (!filling.slice) {
      draft.meta().setNamespace(str(service_.ns()));
      draft.meta().setGenerateName(concat(service_.name(), "-"));
      setController(draft.meta(), service_);
      draft->setAddressType(str(family_));
    }
    auto labels = draft.meta().initLabels(labels_.size());
    uint32_t at = 0;
    for (const auto& [key, value] : labels_) {
      labels[at].setKey(key);
      labels[at++].setValue(value);
    }
    auto ports = draft->initPorts(filling.ports.size());
    for (uint32_t i = 0; i < filling.ports.size(); ++i) {
      ports[i].setName(filling.ports[i].name);
      ports[i].setProtocol(filling.ports[i].protocol);
      ports[i].initPort().setValue(filling.ports[i].number);
      if (!filling.ports[i].appProtocol.empty()) ports[i].setAppProtocol(filling.ports[i].appProtocol);
    }
    auto endpoints = draft->initEndpoints(filling.members.size());
    for (uint32_t i = 0; i < filling.members.size(); ++i) {
      const Member& member = *filling.members[i];
      const Hints hints = filling.shared.empty() ? hintsFor(member, nearness_) : Hints{filling.shared[i].hint, {}};
      fillEndpoint(endpoints[i], member, hints);
    }
    return draft;
  }

  const Object<Service>& service_;
  const std::string_view family_;
  Labels labels_;
  const Nearness nearness_;
  SlicePlan plan_;
  std::map<std::vector<Port>, std::vector<Object<EndpointSlice>>> byPorts_;
  std::vector<Object<EndpointSlice>> spare_;  // of this service, and of no use as they are
  std::vector<Filling> fillings_;
};

}  // namespace

SlicePlan planSlices(const Object<Service>& service, const FamilyGroups& groups,
                     const std::vector<Object<EndpointSlice>>& existing, const ZoneShares& shares) {
  SlicePlan all;
  std::map<std::string_view, std::vector<Object<EndpointSlice>>> byFamily;
  for (const Object<EndpointSlice>& slice : existing) {
    auto family = groups.find(view(slice->getAddressType()));
    (family != groups.end() ? byFamily[family->first] : all.removals).push_back(slice);
  }
  for (const auto& [family, members] : groups) {
    SlicePlan plan = Planner(service, family).plan(members, byFamily[family], shares);
    std::ranges::move(plan.creates, std::back_inserter(all.creates));
    std::ranges::move(plan.updates, std::back_inserter(all.updates));
    std::ranges::move(plan.removals, std::back_inserter(all.removals));
    all.hints.merge(plan.hints);
  }
  return all;
}

}  // namespace cleat::endpoints
