#include "kinds-core/pod_device_rules.h"

#include <cleat/sdk/meta.h>

#include <optional>
#include <set>
#include <tuple>

#include "kinds-common/names.h"

namespace cleat::kinds::core {
namespace {

using Containers = capnp::List<core_v1::Container>::Reader;

constexpr std::string_view kClaim = "claim:";

std::optional<core_v1::Container::Reader> find(Containers containers, std::string_view name) {
  for (auto container : containers) {
    if (view(container.getName()) == name) return container;
  }
  return std::nullopt;
}

bool requests(core_v1::Container::Reader container, std::string_view resource) {
  return lookup(container.getResources().getRequests(), resource).has_value();
}

void checkClaims(core_v1::Pod::Reader pod, const Path& path, Findings& findings) {
  std::set<std::string_view> names, seen;
  for (auto claim : pod.getSpec().getResourceClaims()) names.insert(view(claim.getName()));
  auto statuses = pod.getStatus().getResourceClaimStatuses();
  for (uint32_t i = 0; i < statuses.size(); ++i) {
    const Path at = path[i] / "name";
    const std::string_view name = view(statuses[i].getName());
    if (!names.contains(name)) {
      findings.invalid(at, name, "must match the name of an entry in `spec.resourceClaims`");
    }
    if (!seen.insert(name).second) findings.duplicate(at, name);
    const std::string_view claim = view(statuses[i].getResourceClaimName());
    if (!claim.empty()) findings.invalidEach(path[i] / "resourceClaimName", claim, wrongDns1123Subdomain(claim));
  }
}

// The mappings of a claim that was made for extended resources. Kubernetes says of a wrong request's name that it is
// beside the list.
void checkMappings(core_v1::Pod::Reader pod, const Path& parent, Findings& findings) {
  const Path path = parent / "requestMappings";
  auto spec = pod.getSpec();
  auto mappings = pod.getStatus().getExtendedResourceClaimStatus().getRequestMappings();
  if (mappings.size() == 0) findings.required(path, "at least one request mapping is required");
  std::set<std::tuple<std::string_view, std::string_view, std::string_view>> seen;
  for (uint32_t i = 0; i < mappings.size(); ++i) {
    const std::string_view name = view(mappings[i].getContainerName());
    const std::string_view resource = view(mappings[i].getResourceName());
    const std::string_view request = view(mappings[i].getRequestName());
    auto container = find(spec.getContainers(), name);
    if (!container) container = find(spec.getInitContainers(), name);
    if (!container) {
      findings.invalid(path[i] / "containerName", name,
                       "must match the name of an entry in spec.initContainers.name or spec.containers.name");
    } else if (!requests(*container, resource)) {
      findings.invalid(path[i] / "resourceName", resource,
                       "must match the extended resource name of an entry in spec.initContainers.resources.requests "
                       "or spec.containers.resources.requests");
    }
    findings.invalidEach(parent / "requestName", request, wrongDns1123Label(request));
    if (seen.emplace(name, resource, request).second) continue;
    findings.duplicate(path[i] / "containerName", name);
    findings.duplicate(path[i] / "resourceName", resource);
    findings.duplicate(path[i] / "requestName", request);
  }
}

void checkExtendedResources(core_v1::Pod::Reader pod, const Path& path, Findings& findings) {
  if (!pod.getStatus().hasExtendedResourceClaimStatus()) return;
  checkMappings(pod, path, findings);
  const std::string_view claim = view(pod.getStatus().getExtendedResourceClaimStatus().getResourceClaimName());
  if (claim.empty()) {
    findings.required(path / "resourceClaimName");
  } else {
    findings.invalidEach(path / "resourceClaimName", claim, wrongDns1123Subdomain(claim));
  }
}

// Whether the container has what the health of devices is told of, "claim:CLAIM/REQUEST" or a resource.
bool uses(core_v1::Container::Reader container, std::string_view name) {
  if (!name.starts_with(kClaim)) return requests(container, name);
  for (auto claim : container.getResources().getClaims()) {
    const std::string_view request = view(claim.getRequest());
    if (concat(kClaim, claim.getName(), request.empty() ? "" : "/", request) == name) return true;
  }
  return false;
}

void checkHealth(core_v1::ResourceStatus::Reader status, const Path& path, Findings& findings) {
  std::set<std::string_view> seen;
  auto devices = status.getResources();
  for (uint32_t i = 0; i < devices.size(); ++i) {
    const Path at = (path / "resources")[i];
    checkOneOf(view(devices[i].getHealth()), at / "health", {"Healthy", "Unhealthy", "Unknown"}, findings);
    if (!seen.insert(view(devices[i].getResourceID())).second) {
      findings.duplicate(at / "resourceID", devices[i].getResourceID());
    }
  }
}

void checkDevices(capnp::List<core_v1::ContainerStatus>::Reader statuses, Containers containers, const Path& path,
                  Findings& findings) {
  for (uint32_t i = 0; i < statuses.size(); ++i) {
    auto resources = statuses[i].getAllocatedResourcesStatus();
    for (uint32_t j = 0; j < resources.size(); ++j) {
      const Path at = (path[i] / "allocatedResourcesStatus")[j];
      const std::string_view name = view(resources[j].getName());
      const auto container = find(containers, view(statuses[i].getName()));
      if (container && !uses(*container, name)) {
        findings.invalid(at / "name", name,
                         name.starts_with(kClaim)
                             ? "must match one of the container's resource claims in a format "
                               "'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
                             : "must match one of the container's resource requests");
      }
      checkHealth(resources[j], at, findings);
    }
  }
}

}  // namespace

void checkDeviceStatus(core_v1::Pod::Reader pod, Findings& findings) {
  const Path path("status");
  auto status = pod.getStatus();
  checkClaims(pod, path / "resourceClaimStatuses", findings);
  checkExtendedResources(pod, path / "extendedResourceClaimStatus", findings);
  checkDevices(status.getContainerStatuses(), pod.getSpec().getContainers(), path / "containerStatuses", findings);
  checkDevices(status.getInitContainerStatuses(), pod.getSpec().getInitContainers(), path / "initContainerStatuses",
               findings);
}

}  // namespace cleat::kinds::core
