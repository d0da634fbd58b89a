// The kinds of core/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/core_v1.capnp.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<core_v1::Namespace> {
  static constexpr Resource resource{"", "v1", "namespaces", "Namespace", false};
};
template <>
struct KindOf<core_v1::Node> {
  static constexpr Resource resource{"", "v1", "nodes", "Node", false};
};
template <>
struct KindOf<core_v1::Pod> {
  static constexpr Resource resource{"", "v1", "pods", "Pod", true};
};
template <>
struct KindOf<core_v1::Service> {
  static constexpr Resource resource{"", "v1", "services", "Service", true};
};
template <>
struct KindOf<core_v1::Endpoints> {
  static constexpr Resource resource{"", "v1", "endpoints", "Endpoints", true};
};
template <>
struct KindOf<core_v1::ConfigMap> {
  static constexpr Resource resource{"", "v1", "configmaps", "ConfigMap", true};
};
template <>
struct KindOf<core_v1::Secret> {
  static constexpr Resource resource{"", "v1", "secrets", "Secret", true};
};
template <>
struct KindOf<core_v1::ServiceAccount> {
  static constexpr Resource resource{"", "v1", "serviceaccounts", "ServiceAccount", true};
};
template <>
struct KindOf<core_v1::Event> {
  static constexpr Resource resource{"", "v1", "events", "Event", true};
};
template <>
struct KindOf<core_v1::Binding> {
  static constexpr Resource resource{"", "v1", "bindings", "Binding", true};
};

}  // namespace cleat
