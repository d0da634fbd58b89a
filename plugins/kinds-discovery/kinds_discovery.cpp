// kinds-discovery: discovery.k8s.io/v1, the slices of addresses behind a service.
#include <cleat/sdk/kinds/discovery_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include <algorithm>
#include <set>
#include <span>

#include "kinds-common/addresses.h"
#include "kinds-common/kinds_plugin.h"
#include "kinds-common/metadata.h"
#include "kinds-common/names.h"

namespace cleat::kinds {

namespace {

constexpr size_t kMaxEndpoints = 1000, kMaxPorts = 20000, kMaxAddresses = 100, kMaxZoneHints = 8, kMaxNodeHints = 8;
constexpr size_t kShown = 3;

void setDefaults(discovery_v1::EndpointSlice::Builder slice, const Change<discovery_v1::EndpointSlice>& change) {
  // The topology of older versions is only kept where it was.
  bool had = false;
  if (change.old) {
    for (auto endpoint : change.old->getEndpoints()) had |= endpoint.hasDeprecatedTopology();
  }
  if (!had && slice.hasEndpoints()) {
    for (auto endpoint : slice.getEndpoints()) endpoint.disownDeprecatedTopology();
  }
  if (!slice.hasPorts()) return;
  for (auto port : slice.getPorts()) {
    if (!port.hasName()) port.setName("");
    if (!port.hasProtocol()) port.setProtocol("TCP");
  }
}

// A name with two segments or more; a dot at its end is passed over.
void checkFqdn(std::string_view name, const Path& path, Findings& findings) {
  if (name.empty()) return findings.required(path);
  if (name.ends_with('.')) name.remove_suffix(1);
  if (Wrongs wrongs = wrongDns1123Subdomain(name); !wrongs.empty()) return findings.invalidEach(path, name, wrongs);
  if (!name.contains('.')) {
    return findings.invalid(path, name, "should be a domain with at least two segments separated by dots");
  }
  while (!name.empty()) {
    const std::string_view segment = name.substr(0, name.find('.'));
    if (Wrongs wrongs = wrongDns1123Label(segment); !wrongs.empty()) {
      return findings.invalid(path, segment, wrongs.front());
    }
    name.remove_prefix(std::min(name.size(), segment.size() + 1));
  }
}

// `all` is the list's path, `path` that of the address in it.
void checkAddress(std::string_view address, std::string_view type, const Path& all, const Path& path,
                  Findings& findings) {
  if (type == "FQDN") return checkFqdn(address, path, findings);
  if (type != "IPv4" && type != "IPv6") return;
  const auto ip = checkStrictIp(address, path, findings);
  if (!ip) return;
  if (familyOf(*ip) != type) findings.invalid(all, address, concat("must be an ", type, " address"));
  if (ip->isUnspecified()) {
    findings.invalid(path, address, concat("may not be unspecified (", ip->text(), ")"));
  } else if (ip->isLoopback()) {
    findings.invalid(path, address, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
  } else if (ip->isLinkLocalUnicast()) {
    findings.invalid(path, address, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  } else if (ip->isLinkLocalMulticast()) {
    findings.invalid(path, address, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
  }
}

void checkHints(discovery_v1::EndpointHints::Reader hints, const Path& path, Findings& findings) {
  auto zones = hints.getForZones();
  if (zones.size() > kMaxZoneHints) {
    findings.tooMany(path / "forZones", zones.size(), kMaxZoneHints);
    return;
  }
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < zones.size(); ++i) {
    const Path at = (path / "forZones")[i] / "name";
    if (!seen.insert(view(zones[i].getName())).second) findings.duplicate(at, zones[i].getName());
    Wrongs wrongs = wrongLabelValue(view(zones[i].getName()));
    if (!wrongs.empty()) findings.invalidEach(at, zones[i].getName(), wrongs);
  }
  auto nodes = hints.getForNodes();
  if (nodes.size() > kMaxNodeHints) return findings.tooMany(path / "forNodes", nodes.size(), kMaxNodeHints);
  seen.clear();
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    const Path at = (path / "forNodes")[i] / "name";
    if (!seen.insert(view(nodes[i].getName())).second) findings.duplicate(at, nodes[i].getName());
    findings.invalidEach(at, nodes[i].getName(), wrongDns1123Subdomain(view(nodes[i].getName())));
  }
}

void checkEndpoint(discovery_v1::Endpoint::Reader endpoint, std::string_view type, const Path& path,
                   Findings& findings) {
  auto addresses = endpoint.getAddresses();
  if (addresses.size() == 0) {
    findings.required(path / "addresses");
  } else if (addresses.size() > kMaxAddresses) {
    findings.tooMany(path / "addresses", addresses.size(), kMaxAddresses);
  }
  for (uint32_t i = 0; i < addresses.size(); ++i) {
    checkAddress(view(addresses[i]), type, path / "addresses", (path / "addresses")[i], findings);
  }
  if (endpoint.hasNodeName()) {
    Wrongs wrongs = wrongDns1123Subdomain(view(endpoint.getNodeName()));
    if (!wrongs.empty()) findings.invalidEach(path / "nodeName", endpoint.getNodeName(), wrongs);
  }
  checkLabels(endpoint.getDeprecatedTopology(), path / "deprecatedTopology", findings);
  if (endpoint.hasHostname()) {
    Wrongs wrongs = wrongDns1123Label(view(endpoint.getHostname()));
    if (!wrongs.empty()) findings.invalidEach(path / "hostname", endpoint.getHostname(), wrongs);
  }
  if (endpoint.hasHints()) checkHints(endpoint.getHints(), path / "hints", findings);
}

void checkPorts(capnp::List<discovery_v1::EndpointPort>::Reader ports, const Path& path, Findings& findings) {
  if (ports.size() > kMaxPorts) {
    findings.tooMany(path, ports.size(), kMaxPorts);
    return;
  }
  std::set<std::string_view> names;
  for (uint32_t i = 0; i < ports.size(); ++i) {
    auto port = ports[i];
    const Path at = path[i];
    if (port.getName().size() > 0) {
      Wrongs wrongs = wrongDns1123Label(view(port.getName()));
      if (!wrongs.empty()) findings.invalidEach(at / "name", port.getName(), wrongs);
    }
    if (!names.insert(view(port.getName())).second) findings.duplicate(at / "name", port.getName());
    if (!port.hasProtocol()) {
      findings.required(at / "protocol");
    } else {
      checkOneOf(view(port.getProtocol()), at / "protocol", {"SCTP", "TCP", "UDP"}, findings);
    }
    if (port.getAppProtocol().size() > 0) {
      Wrongs wrongs = wrongQualifiedName(view(port.getAppProtocol()));
      if (!wrongs.empty()) findings.invalidEach(at / "appProtocol", port.getAppProtocol(), wrongs);
    }
  }
}

void validate(const Change<discovery_v1::EndpointSlice>& change, Findings& findings) {
  std::string_view type = view(change.object.getAddressType());
  if (type.empty()) {
    findings.required(Path("addressType"));
  } else {
    checkOneOf(type, Path("addressType"), {"FQDN", "IPv4", "IPv6"}, findings);
  }
  if (change.old && view(change.old->getAddressType()) != type)
    findings.invalid(Path("addressType"), Shown::null(), kImmutable);
  if (type == "FQDN") findings.warn("spec.addressType: FQDN endpoints are deprecated");
  auto endpoints = change.object.getEndpoints();
  if (endpoints.size() > kMaxEndpoints) {
    findings.tooMany(Path("endpoints"), endpoints.size(), kMaxEndpoints);
  } else {
    for (uint32_t i = 0; i < endpoints.size(); ++i) checkEndpoint(endpoints[i], type, Path("endpoints")[i], findings);
  }
  checkPorts(change.object.getPorts(), Path("ports"), findings);
}

std::string shownList(const std::vector<std::string>& all) {
  if (all.empty()) return "<unset>";
  if (all.size() <= kShown) return joined(all, ",");
  return concat(joined(std::span(all).first(kShown), ","), " + ", all.size() - kShown, " more...");
}

void print(discovery_v1::EndpointSlice::Reader slice, Cells& cells) {
  std::vector<std::string> ports, addresses;
  for (auto port : slice.getPorts()) {
    ports.push_back(isSet(port.getPort()) ? std::to_string(port.getPort().getValue())
                    : port.hasName()      ? str(port.getName())
                                          : "*");
  }
  for (auto endpoint : slice.getEndpoints()) {
    for (auto address : endpoint.getAddresses()) addresses.push_back(str(address));
  }
  cells.text(slice.getMetadata().getName());
  cells.text(slice.getAddressType());
  cells.text(shownList(ports));
  cells.text(shownList(addresses));
  cells.age(slice.getMetadata().getCreationTimestamp());
}

}  // namespace

class DiscoveryKinds : public KindsPlugin {
 public:
  explicit DiscoveryKinds(Context& context) : KindsPlugin(context) {
    table().add<discovery_v1::EndpointSlice>({.structFile = "kinds/discovery_v1.capnp",
                                              .columns = {nameColumn(),
                                                          {"AddressType", "string", "What the addresses are."},
                                                          {"Ports", "string", "The ports of each endpoint."},
                                                          {"Endpoints", "string", "The addresses."},
                                                          ageColumn()}},
                                             {setDefaults, kinds::validate, print});
  }
};

}  // namespace cleat::kinds

CLEAT_PLUGIN(cleat::kinds::DiscoveryKinds, .name = "kinds-discovery", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
