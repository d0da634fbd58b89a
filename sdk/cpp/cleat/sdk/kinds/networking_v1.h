// The kinds of networking.k8s.io/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/networking_v1.capnp.
#pragma once

#include <cleat/schema/kinds/networking_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<networking_v1::Ingress> {
  static constexpr Resource resource{"networking.k8s.io", "v1", "ingresses", "Ingress", true};
};
template <>
struct KindOf<networking_v1::IngressClass> {
  static constexpr Resource resource{"networking.k8s.io", "v1", "ingressclasses", "IngressClass", false};
};
template <>
struct KindOf<networking_v1::NetworkPolicy> {
  static constexpr Resource resource{"networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", true};
};
template <>
struct KindOf<networking_v1::IPAddress> {
  static constexpr Resource resource{"networking.k8s.io", "v1", "ipaddresses", "IPAddress", false};
};
template <>
struct KindOf<networking_v1::ServiceCIDR> {
  static constexpr Resource resource{"networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR", false};
};

}  // namespace cleat
