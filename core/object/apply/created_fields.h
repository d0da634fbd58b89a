// The fields of a new object as the text of metadata.managedFields, in one pass over its words: what compareMessages
// gives of nothing and the object, without the sets in between. Every create needs it. Private to core/object.
#pragma once

#include <string>

#include "core/object/apply/write_reach.h"
#include "core/object/message.h"

namespace cleat::object {

// As FieldSet::text() writes them; empty: there are none. Not for open kinds.
std::string createdFields(const Kind& kind, const WriteReach& reach, Words created);

}  // namespace cleat::object
