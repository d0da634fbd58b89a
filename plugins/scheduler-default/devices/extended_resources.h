// Extended resources that devices provide: a pod asks for `example.com/gpu: 2` in a container's requests, a class of
// devices says that it provides that (spec.extendedResourceName, or deviceclass.resource.kubernetes.io/CLASS), and the
// node itself has none. Then a ResourceClaim is made for the pod when it is bound. Pure functions.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/resource_v1.h>
#include <cleat/sdk/object.h>

#include <map>
#include <string>
#include <vector>

namespace cleat::scheduling {

// The container's resource is met by that request of the claim.
struct ResourceMapping {
  std::string container, resource, request;
  bool operator==(const ResourceMapping&) const = default;
};

struct ExtendedResources {
  Object<resource_v1::ResourceClaim> claim;  // nothing but its requests
  std::vector<ResourceMapping> mappings;     // none: no container asks for any
};

// `classes`: by the resource that they provide. Each container has requests of its own, "container-0-request-1" by its
// place and the resource's; init containers, which have ended by then, take those of containers that come after them.
ExtendedResources extendedResources(core_v1::PodSpec::Reader spec, const std::map<std::string, std::string>& classes);

// The claim as it is to be made for the pod, with what was allocated to it.
Object<resource_v1::ResourceClaim> madeFor(const Object<core_v1::Pod>& pod,
                                           const Object<resource_v1::ResourceClaim>& claim);

}  // namespace cleat::scheduling
