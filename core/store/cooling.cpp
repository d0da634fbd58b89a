#include "core/store/cooling.h"

namespace cleat::store {

Cooling::Step Cooling::step(ObjectMaps& maps, size_t most) {
  Step step;
  for (; resource_ < maps.size(); ++resource_, within_ = false) {
    if (!within_) ns_ = name_ = {};
    std::vector<ObjectRef> cold;
    ObjectRef last;
    // What a visit gives stays while the map it is of does not change.
    maps[resource_].visit({ns_, name_}, within_ ? ObjectMap::Begin::after : ObjectMap::Begin::at,
                          [&](const ObjectRef& object) {
                            last = object;
                            const bool wanted = object->takeWanted();
                            if (!wanted && object->hasMore() && !object->knownProblem()) cold.push_back(object);
                            return --most > 0;
                          });
    for (const ObjectRef& object : cold) maps[resource_].set(object->textAlone());
    step.replaced += cold.size();
    if (most == 0) {
      within_ = true;
      ns_ = last->ns();
      name_ = last->name();
      return step;
    }
  }
  resource_ = 0;
  step.ended = true;
  return step;
}

}  // namespace cleat::store
