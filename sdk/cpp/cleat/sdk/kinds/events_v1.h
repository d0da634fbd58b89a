// The kinds of events.k8s.io/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>, Informer<K> and
// with a Client. The types are those of sdk/schema/kinds/events_v1.capnp. An event of core/v1 is the same object.
#pragma once

#include <cleat/schema/kinds/events_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<events_v1::Event> {
  static constexpr Resource resource{"events.k8s.io", "v1", "events", "Event", true};
};

}  // namespace cleat
