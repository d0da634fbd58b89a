// ServiceResolver: where a Service is: one of the endpoints that are ready behind a port of it.
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::webhook {

struct Place {
  std::string host;
  uint16_t port = 0;
};

class ServiceResolver {
 public:
  explicit ServiceResolver(Context& context);

  void start();
  Task<void> waitSynced();

  // Any of them: those that ask are many. An error says what is missing: `service "hook" not found`.
  Result<Place> find(std::string_view ns, std::string_view name, uint16_t port) const;
  Object<core_v1::Service> service(std::string_view ns, std::string_view name) const { return services_.get(ns, name); }
  // Of the service.
  std::vector<Object<discovery_v1::EndpointSlice>> slices(std::string_view ns, std::string_view name) const;
  // Those that are ready behind the port of that name.
  std::vector<Place> ready(std::string_view ns, std::string_view name, std::string_view portName) const;

  // For who wants to know of changes.
  Informer<core_v1::Service>& services() { return services_; }
  Informer<discovery_v1::EndpointSlice>& endpointSlices() { return slices_; }
  // Of the service that a slice is of: "NAMESPACE/NAME"; empty: of none.
  static std::string serviceOf(const Object<discovery_v1::EndpointSlice>& slice);

 private:
  Context& context_;
  Informer<core_v1::Service> services_;
  Informer<discovery_v1::EndpointSlice> slices_;
};

}  // namespace cleat::webhook
