// Endpoints: the addresses behind a service, in the form that EndpointSlices have replaced.
#include <cleat/sdk/host_port.h>
#include <cleat/sdk/meta.h>

#include "kinds-common/addresses.h"
#include "kinds-common/names.h"
#include "kinds-core/core_kinds.h"

namespace cleat::kinds::core {

namespace {

constexpr size_t kShown = 3;

void setDefaults(core_v1::Endpoints::Builder endpoints, const Change<core_v1::Endpoints>&) {
  if (!endpoints.hasSubsets()) return;
  for (auto subset : endpoints.getSubsets()) {
    if (!subset.hasPorts()) continue;
    for (auto port : subset.getPorts()) {
      if (port.getProtocol().size() == 0) port.setProtocol("TCP");
    }
  }
}

void checkAddress(core_v1::EndpointAddress::Reader address, const Path& path, Findings& findings) {
  auto ip = checkStrictIp(view(address.getIp()), path / "ip", findings);
  if (address.getHostname().size() != 0) {
    Wrongs wrongs = wrongDns1123Label(view(address.getHostname()));
    if (!wrongs.empty()) findings.invalidEach(path / "hostname", address.getHostname(), wrongs);
  }
  if (address.hasNodeName()) {
    Wrongs wrongs = wrongDns1123Subdomain(view(address.getNodeName()));
    if (!wrongs.empty()) findings.invalidEach(path / "nodeName", address.getNodeName(), wrongs);
  }
  // Said a second time by who looks at what kind of address it is.
  if (!ip) return findings.invalid(path / "ip", address.getIp(), "must be a valid IP address");
  if (ip->isUnspecified()) {
    findings.invalid(path / "ip", address.getIp(), concat("may not be unspecified (", address.getIp(), ")"));
  }
  if (ip->isLoopback())
    findings.invalid(path / "ip", address.getIp(), "may not be in the loopback range (127.0.0.0/8, ::1/128)");
  if (ip->isLinkLocalUnicast()) {
    findings.invalid(path / "ip", address.getIp(), "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  }
  if (ip->isLinkLocalMulticast()) {
    findings.invalid(path / "ip", address.getIp(),
                     "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
  }
}

void checkPort(core_v1::EndpointPort::Reader port, bool nameRequired, const Path& path, Findings& findings) {
  if (port.getName().size() == 0) {
    if (nameRequired) findings.required(path / "name");
  } else {
    Wrongs wrongs = wrongDns1123Label(view(port.getName()));
    if (!wrongs.empty()) findings.invalidEach(path / "name", port.getName(), wrongs);
  }
  Wrongs wrongs = wrongPortNumber(port.getPort());
  if (!wrongs.empty()) findings.invalidEach(path / "port", port.getPort(), wrongs);
  if (port.getProtocol().size() == 0) {
    findings.required(path / "protocol");
  } else {
    checkOneOf(view(port.getProtocol()), path / "protocol", {"SCTP", "TCP", "UDP"}, findings);
  }
  if (port.getAppProtocol().size() != 0) {
    Wrongs bad = wrongQualifiedName(view(port.getAppProtocol()));
    if (!bad.empty()) findings.invalidEach(path / "appProtocol", port.getAppProtocol(), bad);
  }
}

void validate(const Change<core_v1::Endpoints>& change, Findings& findings) {
  auto subsets = change.object.getSubsets();
  for (uint32_t i = 0; i < subsets.size(); ++i) {
    const Path path = Path("subsets")[i];
    auto subset = subsets[i];
    if (subset.getAddresses().size() == 0 && subset.getNotReadyAddresses().size() == 0) {
      findings.required(path, "must specify `addresses` or `notReadyAddresses`");
    }
    auto checkAll = [&](auto addresses, std::string_view name) {
      for (uint32_t j = 0; j < addresses.size(); ++j) checkAddress(addresses[j], (path / name)[j], findings);
    };
    checkAll(subset.getAddresses(), "addresses");
    checkAll(subset.getNotReadyAddresses(), "notReadyAddresses");
    auto ports = subset.getPorts();
    for (uint32_t j = 0; j < ports.size(); ++j) checkPort(ports[j], ports.size() > 1, (path / "ports")[j], findings);
  }
}

std::string endpointsText(core_v1::Endpoints::Reader endpoints) {
  if (endpoints.getSubsets().size() == 0) return "<none>";
  std::vector<std::string> shown;
  size_t count = 0;
  auto add = [&](std::string text) {
    if (++count <= kShown) shown.push_back(std::move(text));
  };
  for (auto subset : endpoints.getSubsets()) {
    if (subset.getPorts().size() == 0) {
      for (auto address : subset.getAddresses()) add(str(address.getIp()));
    }
    for (auto port : subset.getPorts()) {
      for (auto address : subset.getAddresses()) add(hostPort(view(address.getIp()), port.getPort()));
    }
  }
  std::string text = joined(shown, ",");
  return count > kShown ? concat(text, " + ", count - kShown, " more...") : text;
}

void print(core_v1::Endpoints::Reader endpoints, Cells& cells) {
  cells.text(endpoints.getMetadata().getName());
  cells.text(endpointsText(endpoints));
  cells.age(endpoints.getMetadata().getCreationTimestamp());
}

}  // namespace

void addEndpoints(KindTable& table) {
  table.add<core_v1::Endpoints>(
      {.structFile = kSchemaFile,
       .singular = "endpoints",
       .shortNames = {"ep"},
       .columns = {nameColumn(), {"Endpoints", "string", "The addresses and ports behind the service."}, ageColumn()},
       .deprecationWarning = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
       .keepsGeneration = true,
       .createsOnUpdate = true},
      {setDefaults, validate, print});
}

}  // namespace cleat::kinds::core
