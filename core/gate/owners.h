// Owners that an object names twice.
#pragma once

#include <string>
#include <vector>

#include "core/object/kind.h"
#include "core/object/message.h"

namespace cleat::gate {

// The object with each of its owner references once, and a warning in Kubernetes' words where one came twice.
Ref<const object::Message> withEachOwnerOnce(const object::Kind& kind, Ref<const object::Message> object,
                                             std::vector<std::string>& warnings);

}  // namespace cleat::gate
