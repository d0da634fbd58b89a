// A stored object that cannot be read (object.h) is an error to whoever reads, changes or connects to it: what would be
// made of it without its fields would take their place. It can be deleted all the same.
#pragma once

#include "core/bus/cluster.h"
#include "core/object/object.h"

namespace cleat::gate {

// 500 with what is wrong with the object that the target names.
Result<void> checkReadable(const bus::Target& target, const object::Object& object);

}  // namespace cleat::gate
