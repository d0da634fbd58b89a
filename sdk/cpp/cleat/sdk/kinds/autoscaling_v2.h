// The kinds of autoscaling/v2 as the SDK knows them: include this to use them as Object<K>, Draft<K>, Informer<K> and
// with a Client. The types are those of sdk/schema/kinds/autoscaling_v2.capnp. It is the version that they are stored
// in.
#pragma once

#include <cleat/schema/kinds/autoscaling_v2.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<autoscaling_v2::HorizontalPodAutoscaler> {
  static constexpr Resource resource{"autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", true};
};

}  // namespace cleat
