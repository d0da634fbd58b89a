// Whether an object is already as an apply wants it: then nothing has to be merged. Most applies are of this sort, for
// tools that keep a cluster as it is written down apply everything again and again. Private to core/object.
#pragma once

#include "core/object/apply/field_set.h"
#include "core/object/kind.h"
#include "core/object/message.h"

namespace cleat::object {

// `said`: the fields that are applied, whose values `applied` has; what it does not have is zero or empty there.
// Server's own fields of metadata count where `applied` has them. False also where that takes more than a look: for
// open kinds, and for long lists in another order.
bool isAlready(const Kind& kind, Words live, Words applied, const FieldSet& said);

}  // namespace cleat::object
