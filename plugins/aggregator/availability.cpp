#include "aggregator/availability.h"

#include <cleat/sdk/text.h>

namespace cleat::aggregator {

namespace {

bool isReady(discovery_v1::Endpoint::Reader endpoint) {
  auto conditions = endpoint.getConditions();
  return !conditions.hasReady() || conditions.getReady().getValue();
}

bool hasReady(const Object<discovery_v1::EndpointSlice>& slice, std::string_view portName) {
  bool hasPort = false;
  for (auto port : slice->getPorts()) hasPort = hasPort || view(port.getName()) == portName;
  if (!hasPort) return false;
  for (auto endpoint : slice->getEndpoints()) {
    if (isReady(endpoint) && endpoint.getAddresses().size() > 0) return true;
  }
  return false;
}

}  // namespace

std::optional<Availability> obstacle(APIService::Reader service, const Surroundings& surroundings) {
  auto reference = service.getSpec().getService();
  const std::string named =
      concat("service/", view(reference.getName()), " in ", inQuotes(view(reference.getNamespace())));
  if (!surroundings.service) return Availability{false, "ServiceNotFound", concat(named, " is not present")};
  auto spec = surroundings.service->getSpec();
  const std::string_view type = view(spec.getType());
  if (type == "ExternalName") return std::nullopt;
  const int32_t wanted = reference.hasPort() ? reference.getPort().getValue() : 443;
  std::optional<std::string_view> portName;
  for (auto port : spec.getPorts()) {
    if (!portName && port.getPort() == wanted) portName = view(port.getName());
  }
  if (!portName) {
    return Availability{false, "ServicePortError", concat(named, " is not listening on port ", wanted)};
  }
  if (surroundings.slices.empty()) {
    return Availability{false, "EndpointsNotFound", concat("cannot find endpointslices for ", named)};
  }
  for (const auto& slice : surroundings.slices) {
    if (hasReady(slice, *portName)) return std::nullopt;
  }
  return Availability{false, "MissingEndpoints",
                      concat("endpoints for ", named, " have no addresses with port name ", inQuotes(*portName))};
}

Availability tried(const std::string& failure) {
  if (failure.empty()) return {true, "Passed", "all checks passed"};
  return {false, "FailedDiscoveryCheck", failure};
}

}  // namespace cleat::aggregator
