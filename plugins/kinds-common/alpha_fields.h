// The fields of pods that belong to features which are alpha in Kubernetes, and off: what is written there is dropped,
// as an API server without the feature does, but stays in an object that had it already.
//
//   setPodSpecDefaults(spec);
//   dropAlphaFields(spec, change.old ? change.old->getSpec() : core_v1::PodSpec::Reader());
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

namespace cleat::kinds {

// `old`: the specification before the write; of a new object an empty one.
void dropAlphaFields(core_v1::PodSpec::Builder spec, core_v1::PodSpec::Reader old);

}  // namespace cleat::kinds
