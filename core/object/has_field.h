// Whether an object has a field, told from its words by the kind's schema: what admission plugins may ask to be true of
// the objects that they want to see.
#pragma once

#include <string_view>

#include "core/object/kind.h"
#include "core/object/message.h"

namespace cleat::object {

// By its JSON path ("spec.nodeName"), without elements of lists and maps. One that is there and empty counts. True as
// well where it cannot be told: the kind's schema has no such field, or it is a number that is always there.
bool mayHaveField(const Kind& kind, Words words, std::string_view path);

}  // namespace cleat::object
