// What differs between two trees, as server-side apply counts it; what message_compare.h is for typed fields. Private
// to core/object.
#pragma once

#include "core/object/apply/comparison_place.h"
#include "core/object/apply/write_reach.h"
#include "core/object/open/open_schema.h"
#include "core/object/words.h"

namespace cleat::object {

// Of the members of two open objects that are within reach.
void compareOpen(const OpenNode& schema, const WriteReach& reach, const words::ListView& before,
                 const words::ListView& after, ComparisonPlace& place);

}  // namespace cleat::object
