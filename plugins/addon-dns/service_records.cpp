#include "service_records.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_state.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <cctype>

namespace cleat::dns {
namespace {

constexpr std::string_view kNoAddress = "None";

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// "_tcp"; what says nothing is TCP.
template <class Port>
std::string protocolLabel(Port port) {
  return port.getProtocol().size() == 0 ? "_tcp" : concat("_", lower(str(port.getProtocol())));
}

// The name of an endpoint that brings none: its address, which is unique among them.
std::string dashed(std::string address) {
  std::ranges::replace(address, '.', '-');
  std::ranges::replace(address, ':', '-');
  return address;
}

void addClusterAddresses(core_v1::Service::Reader service, ServiceRecords& records) {
  auto spec = service.getSpec();
  auto add = [&](std::string_view text) {
    auto address = parseAddress(text);
    if (!address) return;
    records.hosts[""].insert(*address);
    records.reverse[*address] = "";
  };
  add(view(spec.getClusterIP()));
  for (auto ip : spec.getClusterIPs()) add(view(ip));
  if (!records.hosts.contains("")) return;
  for (auto port : spec.getPorts()) {
    if (port.getName().size() == 0) continue;
    records.ports[protocolLabel(port)][concat("_", port.getName())].insert({"", static_cast<uint16_t>(port.getPort())});
  }
}

void addEndpoint(discovery_v1::EndpointSlice::Reader slice, discovery_v1::Endpoint::Reader endpoint,
                 ServiceRecords& records) {
  for (auto text : endpoint.getAddresses()) {
    auto address = parseAddress(view(text));
    if (!address) continue;
    const bool named = endpoint.getHostname().size() != 0;
    const std::string host = named ? lower(str(endpoint.getHostname())) : dashed(str(text));
    records.hosts[""].insert(*address);
    records.hosts[host].insert(*address);
    if (named) records.reverse[*address] = host;
    for (auto port : slice.getPorts()) {
      if (port.getName().size() == 0 || !port.hasPort()) continue;
      records.ports[protocolLabel(port)][concat("_", port.getName())].insert(
          {host, static_cast<uint16_t>(valueOr(port.getPort(), 0))});
    }
  }
}

}  // namespace

bool isHeadless(core_v1::Service::Reader service) {
  auto spec = service.getSpec();
  return view(spec.getType()) != "ExternalName" && view(spec.getClusterIP()) == kNoAddress;
}

ServiceRecords recordsOf(core_v1::Service::Reader service,
                         const std::vector<Object<discovery_v1::EndpointSlice>>& slices) {
  ServiceRecords records;
  auto spec = service.getSpec();
  if (view(spec.getType()) == "ExternalName") {
    if (auto name = parseName(view(spec.getExternalName())); name && !name->empty())
      records.externalName = std::move(*name);
    return records;
  }
  if (!isHeadless(service)) {
    addClusterAddresses(service, records);
    return records;
  }
  const bool anyState = spec.getPublishNotReadyAddresses();
  for (const auto& slice : slices) {
    for (auto endpoint : slice->getEndpoints()) {
      if (anyState || valueOr(endpoint.getConditions().getReady(), true)) addEndpoint(*slice, endpoint, records);
    }
  }
  return records;
}

std::vector<std::string> addressesOf(core_v1::Pod::Reader pod) {
  std::vector<std::string> addresses;
  auto status = pod.getStatus();
  if (view(status.getPhase()) == "Succeeded" || view(status.getPhase()) == "Failed") return addresses;
  auto add = [&](std::string_view text) {
    auto address = parseAddress(text);
    if (address && std::ranges::find(addresses, *address) == addresses.end()) addresses.push_back(std::move(*address));
  };
  add(view(status.getPodIP()));
  for (auto ip : status.getPodIPs()) add(view(ip.getIp()));
  return addresses;
}

}  // namespace cleat::dns
