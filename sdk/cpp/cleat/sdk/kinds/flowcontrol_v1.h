// The kinds of flowcontrol.apiserver.k8s.io/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/flowcontrol_v1.capnp.
#pragma once

#include <cleat/schema/kinds/flowcontrol_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<flowcontrol_v1::FlowSchema> {
  static constexpr Resource resource{"flowcontrol.apiserver.k8s.io", "v1", "flowschemas", "FlowSchema", false};
};
template <>
struct KindOf<flowcontrol_v1::PriorityLevelConfiguration> {
  static constexpr Resource resource{"flowcontrol.apiserver.k8s.io", "v1", "prioritylevelconfigurations",
                                     "PriorityLevelConfiguration", false};
};

}  // namespace cleat
