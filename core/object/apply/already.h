// Whether an object is already as an apply wants it: then nothing has to be merged. Most applies are of this sort, for
// tools that keep a cluster as it is written down apply everything again and again. Private to core/object.
#pragma once

#include "core/object/apply/write_reach.h"
#include "core/object/json/json_node.h"
#include "core/object/message.h"

namespace cleat::object {

// `said` names the fields that are applied, of which saidFields() could tell; their values are in `applied`, where what
// it does not have is zero or empty. Server's own fields of metadata count where `applied` has them. False also where
// that takes more than a look: for open kinds, and for long lists in another order.
bool isAlready(const Kind& kind, const WriteReach& reach, Words live, Words applied, const JsonNode& said);

}  // namespace cleat::object
