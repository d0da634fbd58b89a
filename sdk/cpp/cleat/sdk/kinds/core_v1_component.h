// ComponentStatus of core/v1 as the SDK knows it: include this to use it as Object<K>, Draft<K> and with a Client. The
// types are those of sdk/schema/kinds/core_v1_component.capnp.
#pragma once

#include <cleat/schema/kinds/core_v1_component.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<core_v1::ComponentStatus> {
  static constexpr Resource resource{"", "v1", "componentstatuses", "ComponentStatus", false};
};

}  // namespace cleat
