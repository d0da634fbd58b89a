// The kinds of batch/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/batch_v1.capnp.
#pragma once

#include <cleat/schema/kinds/batch_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<batch_v1::Job> {
  static constexpr Resource resource{"batch", "v1", "jobs", "Job", true};
};
template <>
struct KindOf<batch_v1::CronJob> {
  static constexpr Resource resource{"batch", "v1", "cronjobs", "CronJob", true};
};

}  // namespace cleat
