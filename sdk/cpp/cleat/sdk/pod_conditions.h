// What controllers, schedulers and nodes say of a pod, with the state of it that they say it of.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/object.h>

namespace cleat {

// As setCondition, and the condition says which generation of the pod was looked at (`observedGeneration`).
inline bool setPodCondition(Draft<core_v1::Pod>& pod, const ConditionUpdate& update) {
  bool changed = setCondition<core_v1::PodCondition>(pod->getStatus(), update);
  const int64_t generation = pod.meta().asReader().getGeneration();
  for (auto condition : pod->getStatus().getConditions()) {
    if (view(condition.asReader().getType()) != update.type) continue;
    changed = changed || condition.getObservedGeneration() != generation;
    condition.setObservedGeneration(generation);
  }
  return changed;
}

}  // namespace cleat
