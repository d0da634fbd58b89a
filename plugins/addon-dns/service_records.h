// What the zone has of a Service, as the specification says: the addresses of one with cluster IPs; the ready endpoints
// of a headless one, together and each by its host name; the name that an ExternalName stands for.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>
#include <cleat/sdk/object.h>

#include <optional>
#include <vector>

#include "zone.h"

namespace cleat::dns {

inline constexpr std::string_view kServiceLabel = "kubernetes.io/service-name";

bool isHeadless(core_v1::Service::Reader service);

// `slices` are those of the service; only a headless one has records of them.
ServiceRecords recordsOf(core_v1::Service::Reader service,
                         const std::vector<Object<discovery_v1::EndpointSlice>>& slices);

// Addresses that the names of a pod stand for. None: it has ended, or has none yet.
std::vector<std::string> addressesOf(core_v1::Pod::Reader pod);

}  // namespace cleat::dns
