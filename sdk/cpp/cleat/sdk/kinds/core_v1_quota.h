// The kinds of core/v1 that bound a namespace, as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/core_v1_quota.capnp.
#pragma once

#include <cleat/schema/kinds/core_v1_quota.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<core_v1::LimitRange> {
  static constexpr Resource resource{"", "v1", "limitranges", "LimitRange", true};
};
template <>
struct KindOf<core_v1::ResourceQuota> {
  static constexpr Resource resource{"", "v1", "resourcequotas", "ResourceQuota", true};
};

}  // namespace cleat
