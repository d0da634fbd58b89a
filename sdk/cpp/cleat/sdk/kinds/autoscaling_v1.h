// The kinds of autoscaling/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/autoscaling_v1.capnp.
#pragma once

#include <cleat/schema/kinds/autoscaling_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

// Only the body of the subresource "scale": it has no collection of its own.
template <>
struct KindOf<autoscaling_v1::Scale> {
  static constexpr Resource resource{"autoscaling", "v1", "", "Scale", true};
};

template <>
struct KindOf<autoscaling_v1::HorizontalPodAutoscaler> {
  static constexpr Resource resource{"autoscaling", "v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler", true};
};

}  // namespace cleat
