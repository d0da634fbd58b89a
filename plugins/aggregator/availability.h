// Whether the server behind an APIService can be asked at all: what its Service and endpoints say, before anybody
// connects. The conditions' words are Kubernetes'.
#pragma once

#include <cleat/sdk/kinds/apiregistration_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>
#include <cleat/sdk/object.h>

#include <optional>
#include <string>
#include <vector>

namespace cleat::aggregator {

using apiregistration_v1::APIService;

// Of the condition Available.
struct Availability {
  bool available = false;
  std::string reason, message;
};

// What there is of the service that the APIService names.
struct Surroundings {
  Object<core_v1::Service> service;  // nothing: it is absent
  std::vector<Object<discovery_v1::EndpointSlice>> slices;
};

// Why it cannot be asked; nothing where it is to be tried.
std::optional<Availability> obstacle(APIService::Reader service, const Surroundings& surroundings);

// What became of trying: empty, or what went wrong.
Availability tried(const std::string& failure);

}  // namespace cleat::aggregator
