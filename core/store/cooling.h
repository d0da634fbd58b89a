// Cooling: what readers once had made of objects (messages, protobuf, other versions) and nobody wants any more goes.
// A round looks at every object once, in steps, so that writers wait for no more than one step. An object that has
// other versions, or was written by a schema that has been replaced since, is itself replaced in the map, by one of the
// same revision.
#pragma once

#include <cstdint>
#include <string>

#include "core/object/catalogue.h"
#include "core/store/state.h"

namespace cleat::store {

class Cooling {
 public:
  struct Step {
    size_t cooled = 0, replaced = 0;
    bool ended = false;  // the round; the next step begins a new one
  };
  // Goes on where the last step ended, and looks at no more than `most` objects. `maps` are the caller's own. What was
  // written by a schema that has been replaced since is held by the one of `catalogue` from then on.
  Step step(ObjectMaps& maps, size_t most, const object::Catalogue& catalogue);

 private:
  uint32_t resource_ = 0;
  bool within_ = false;  // after the object of this name
  std::string ns_, name_;
};

}  // namespace cleat::store
