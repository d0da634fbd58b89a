// The kinds of policy/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/policy_v1.capnp.
#pragma once

#include <cleat/schema/kinds/policy_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<policy_v1::PodDisruptionBudget> {
  static constexpr Resource resource{"policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true};
};
// Only the body of the subresource "eviction" of pods: it has no collection of its own.
template <>
struct KindOf<policy_v1::Eviction> {
  static constexpr Resource resource{"policy", "v1", "", "Eviction", true};
};

}  // namespace cleat
