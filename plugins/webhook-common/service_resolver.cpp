#include "webhook-common/service_resolver.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/text.h>

namespace cleat::webhook {

namespace {

constexpr std::string_view kServiceLabel = "kubernetes.io/service-name";

bool isReady(discovery_v1::Endpoint::Reader endpoint) {
  auto conditions = endpoint.getConditions();
  return !conditions.hasReady() || conditions.getReady().getValue();
}

}  // namespace

std::string ServiceResolver::serviceOf(const Object<discovery_v1::EndpointSlice>& slice) {
  auto service = label(slice.meta(), kServiceLabel);
  return service ? keyOf(slice.ns(), *service) : std::string();
}

ServiceResolver::ServiceResolver(Context& context) : context_(context), services_(context), slices_(context) {
  slices_.addIndex("service", [](const Object<discovery_v1::EndpointSlice>& slice) {
    std::string service = serviceOf(slice);
    return service.empty() ? std::vector<std::string>() : std::vector{std::move(service)};
  });
}

void ServiceResolver::start() {
  services_.start();
  slices_.start();
}

Task<void> ServiceResolver::waitSynced() {
  if (!services_.synced()) co_await services_.waitSynced();
  if (!slices_.synced()) co_await slices_.waitSynced();
}

std::vector<Object<discovery_v1::EndpointSlice>> ServiceResolver::slices(std::string_view ns,
                                                                         std::string_view name) const {
  std::vector<Object<discovery_v1::EndpointSlice>> found;
  for (const auto& slice : slices_.byIndex("service", keyOf(ns, name))) found.push_back(slice);
  return found;
}

std::vector<Place> ServiceResolver::ready(std::string_view ns, std::string_view name, std::string_view portName) const {
  std::vector<Place> ready;
  for (const auto& slice : slices(ns, name)) {
    for (auto port : slice->getPorts()) {
      if (view(port.getName()) != portName || !port.hasPort()) continue;
      for (auto endpoint : slice->getEndpoints()) {
        if (!isReady(endpoint) || endpoint.getAddresses().size() == 0) continue;
        ready.push_back({str(view(endpoint.getAddresses()[0])), static_cast<uint16_t>(port.getPort().getValue())});
      }
    }
  }
  return ready;
}

Result<Place> ServiceResolver::find(std::string_view ns, std::string_view name, uint16_t port) const {
  const Object<core_v1::Service> found = service(ns, name);
  if (!found) return fail(Status::notFound("service", str(name)));
  if (view(found->getSpec().getType()) == "ExternalName") {
    return Place{str(view(found->getSpec().getExternalName())), port};
  }
  for (auto each : found->getSpec().getPorts()) {
    if (each.getPort() != port) continue;
    std::vector<Place> all = ready(ns, name, view(each.getName()));
    if (!all.empty()) return std::move(all[context_.random64() % all.size()]);
    return fail(Status::unavailable(concat("no endpoints available for service ", inQuotes(name))));
  }
  return fail(Status::unavailable(concat("no service port ", port, " found for service ", inQuotes(name))));
}

}  // namespace cleat::webhook
