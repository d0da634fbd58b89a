// The last step from a prepared state to a committed object: putting in the revision, which nobody knows earlier,
// without encoding anything again.
#pragma once

#include "core/store/store.h"

namespace cleat::store {

// The object at `revision`. The message must not have been shared yet.
ObjectRef seal(Prepared prepared, uint64_t revision);

// The state of an object once more, ready to be given another revision: what a deletion leaves as its last word.
Prepared prepareCopy(const object::Object& object);

}  // namespace cleat::store
