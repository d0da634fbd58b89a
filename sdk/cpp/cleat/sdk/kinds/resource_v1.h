// The kinds of resource.k8s.io/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>, Informer<K>
// and with a Client. The types are those of sdk/schema/kinds/resource_v1.capnp.
#pragma once

#include <cleat/schema/kinds/resource_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<resource_v1::DeviceClass> {
  static constexpr Resource resource{"resource.k8s.io", "v1", "deviceclasses", "DeviceClass", false};
};

template <>
struct KindOf<resource_v1::ResourceClaim> {
  static constexpr Resource resource{"resource.k8s.io", "v1", "resourceclaims", "ResourceClaim", true};
};

template <>
struct KindOf<resource_v1::ResourceClaimTemplate> {
  static constexpr Resource resource{"resource.k8s.io", "v1", "resourceclaimtemplates", "ResourceClaimTemplate", true};
};

template <>
struct KindOf<resource_v1::ResourceSlice> {
  static constexpr Resource resource{"resource.k8s.io", "v1", "resourceslices", "ResourceSlice", false};
};

template <>
struct KindOf<resource_v1::DeviceTaintRule> {
  static constexpr Resource resource{"resource.k8s.io", "v1", "devicetaintrules", "DeviceTaintRule", false};
};

}  // namespace cleat
