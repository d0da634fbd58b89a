// Cooling: what readers once had made of objects (messages, protobuf, other versions) and nobody wants any more goes.
// An object in the map is replaced by one of the same revision that has its text alone; who still reads the old one
// keeps it. A round looks at every object once, in steps, so that writers wait for no more than one step.
#pragma once

#include <cstdint>
#include <string>

#include "core/store/state.h"

namespace cleat::store {

class Cooling {
 public:
  struct Step {
    size_t replaced = 0;
    bool ended = false;  // the round; the next step begins a new one
  };
  // Goes on where the last step ended, and looks at no more than `most` objects. `maps` are the caller's own.
  Step step(ObjectMaps& maps, size_t most);

 private:
  uint32_t resource_ = 0;
  bool within_ = false;  // after the object of this name
  std::string ns_, name_;
};

}  // namespace cleat::store
