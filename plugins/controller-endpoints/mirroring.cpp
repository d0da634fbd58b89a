#include "mirroring.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <map>
#include <string>

#include "membership.h"
#include "trigger_time.h"

namespace cleat::endpoints {
namespace {

constexpr const char* kIndex = "mirrored";
constexpr std::string_view kSkip = "endpointslice.kubernetes.io/skip-mirror";
constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

std::string mirroredService(const Object<EndpointSlice>& slice) {
  auto service = label(slice.meta(), kServiceLabel);
  if (!service || label(slice.meta(), kSliceManagedBy) != kMirror) return {};
  return keyOf(slice.ns(), *service);
}

struct Address {
  core_v1::EndpointAddress::Reader address;
  bool ready = false;
};
struct SliceKey {
  std::string addressType;
  std::vector<Port> ports;
  auto operator<=>(const SliceKey&) const = default;
};
// What the slices shall hold. An address that stands in several subsets with the same ports counts once.
using Wanted = std::map<SliceKey, std::map<std::string, Address>>;

std::vector<Port> portsOf(core_v1::EndpointSubset::Reader subset) {
  std::vector<Port> ports;
  for (auto port : subset.getPorts()) {
    ports.push_back({str(port.getName()), port.getProtocol().size() > 0 ? str(port.getProtocol()) : "TCP",
                     str(port.getAppProtocol()), port.getPort()});
  }
  return ports;
}

Wanted wantedOf(const Object<Endpoints>& endpoints, size_t& skipped) {
  Wanted wanted;
  for (auto subset : endpoints->getSubsets()) {
    const std::vector<Port> ports = portsOf(subset);
    size_t taken = 0;
    auto add = [&](auto addresses, bool ready) {
      for (auto address : addresses) {
        if (taken == kMostMirrored) {
          ++skipped;
          continue;
        }
        ++taken;
        const char* type = view(address.getIp()).find(':') == std::string_view::npos ? "IPv4" : "IPv6";
        wanted[{type, ports}].try_emplace(str(address.getIp()), Address{address, ready});
      }
    };
    add(subset.getAddresses(), true);
    add(subset.getNotReadyAddresses(), false);
  }
  return wanted;
}

void fillEndpoint(discovery_v1::Endpoint::Builder to, const Address& from) {
  to.initAddresses(1).set(0, from.address.getIp());
  to.initConditions().initReady().setValue(from.ready);
  if (from.address.hasTargetRef()) to.setTargetRef(from.address.getTargetRef());
  if (from.address.getNodeName().size() > 0) to.setNodeName(from.address.getNodeName());
  if (from.address.getHostname().size() > 0) to.setHostname(from.address.getHostname());
}

void fillMetadata(Draft<EndpointSlice>& slice, const Object<Endpoints>& endpoints) {
  slice.meta().setLabels(endpoints.meta().getLabels());
  setLabel(slice.meta(), kHeadlessLabel, std::nullopt);
  setLabel(slice.meta(), kServiceLabel, endpoints.name());
  setLabel(slice.meta(), kSliceManagedBy, kMirror);
  slice.meta().disownAnnotations();
  for (auto entry : endpoints.meta().getAnnotations()) {
    const std::string_view key = view(entry.getKey());
    if (key == kLastApplied || key == kTriggerTime || key == kOverCapacity) continue;
    setAnnotation(slice.meta(), key, view(entry.getValue()));
  }
}

Draft<EndpointSlice> draftOf(const Object<Endpoints>& endpoints, const SliceKey& key,
                             const std::map<std::string, Address>& addresses, const Object<EndpointSlice>& old) {
  Draft<EndpointSlice> draft = old ? Draft<EndpointSlice>(old) : Draft<EndpointSlice>();
  if (!old) {
    draft.meta().setNamespace(str(endpoints.ns()));
    draft.meta().setGenerateName(concat(endpoints.name(), "-"));
    setController(draft.meta(), endpoints);
    draft->setAddressType(key.addressType);
  }
  fillMetadata(draft, endpoints);
  auto ports = draft->initPorts(key.ports.size());
  for (uint32_t i = 0; i < key.ports.size(); ++i) {
    ports[i].setName(key.ports[i].name);
    ports[i].setProtocol(key.ports[i].protocol);
    ports[i].initPort().setValue(key.ports[i].number);
    if (!key.ports[i].appProtocol.empty()) ports[i].setAppProtocol(key.ports[i].appProtocol);
  }
  auto list = draft->initEndpoints(addresses.size());
  uint32_t at = 0;
  for (const auto& [ip, address] : addresses) fillEndpoint(list[at++], address);
  return draft;
}

SliceKey keyOfSlice(const Object<EndpointSlice>& slice) {
  SliceKey key{str(slice->getAddressType()), {}};
  for (auto port : slice->getPorts()) {
    key.ports.push_back(
        {str(port.getName()), str(port.getProtocol()), str(port.getAppProtocol()), valueOr(port.getPort(), 0)});
  }
  return key;
}

bool isMirrored(const Object<Endpoints>& endpoints, const Object<Service>& service) {
  return endpoints && service && service->getSpec().getSelector().size() == 0 &&
         label(endpoints.meta(), kSkip) != "true" && !annotation(endpoints.meta(), kLeader);
}

}  // namespace

SlicePlan planMirror(const Object<Endpoints>& endpoints, const std::vector<Object<EndpointSlice>>& existing,
                     size_t& skipped) {
  Wanted wanted = wantedOf(endpoints, skipped);
  SlicePlan plan;
  for (const Object<EndpointSlice>& slice : existing) {
    auto found =
        isControlledBy(slice.meta(), endpoints.uid()) ? wanted.extract(keyOfSlice(slice)) : Wanted::node_type();
    if (!found) {
      plan.removals.push_back(slice);
      continue;
    }
    Draft<EndpointSlice> draft = draftOf(endpoints, found.key(), found.mapped(), slice);
    if (capnp::toAny(draft.reader()) != capnp::toAny(*slice)) plan.updates.push_back(std::move(draft));
  }
  for (const auto& [key, addresses] : wanted) plan.creates.push_back(draftOf(endpoints, key, addresses, {}));
  return plan;
}

Mirroring::Mirroring(Context& context, Informer<Service>& services, Informer<Endpoints>& endpoints,
                     Informer<EndpointSlice>& slices)
    : services_(services), endpoints_(endpoints), slices_(slices), writer_(context, slices),
      events_(context, "endpoint-slice-mirroring-controller"),
      controller_(context, "endpoint-slice-mirroring", [this](std::string key) { return reconcile(std::move(key)); }) {
  slices_.addIndex(kIndex, [](const Object<EndpointSlice>& slice) {
    std::string service = mirroredService(slice);
    return service.empty() ? std::vector<std::string>() : std::vector<std::string>{std::move(service)};
  });
  services_.onChange([this](const Object<Service>& before, const Object<Service>& now) {
    controller_.enqueue((now ? now : before).key());
  });
  endpoints_.onChange([this](const Object<Endpoints>& before, const Object<Endpoints>& now) {
    controller_.enqueue((now ? now : before).key());
  });
  slices_.onChange([this](const Object<EndpointSlice>& before, const Object<EndpointSlice>& now) {
    for (const Object<EndpointSlice>& slice : {before, now}) {
      if (std::string service = slice ? mirroredService(slice) : std::string(); !service.empty())
        controller_.enqueue(service);
    }
  });
}

Task<Result<Reconciled>> Mirroring::reconcile(std::string key) {
  Object<Endpoints> endpoints = endpoints_.get(key);
  SlicePlan plan;
  if (isMirrored(endpoints, services_.get(key))) {
    size_t skipped = 0;
    plan = planMirror(endpoints, slices_.byIndex(kIndex, key), skipped);
    if (skipped > 0) {
      events_.warning(
          endpoints, "TooManyAddressesToMirror",
          concat("A max of ", kMostMirrored, " addresses can be mirrored to EndpointSlices per Endpoints subset. ",
                 skipped, " addresses were skipped"));
    }
  } else {
    plan.removals = slices_.byIndex(kIndex, key);
  }
  if (deletionPending(endpoints.meta())) plan.creates.clear();
  CLEAT_CO_TRY(co_await writer_.carryOut(std::move(plan)));
  co_return Reconciled();
}

}  // namespace cleat::endpoints
