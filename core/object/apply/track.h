// Booking of updates under their writers, for apply.cpp as well: the first apply books what was there before it. Private
// to core/object.
#pragma once

#include "core/object/apply/managed_fields.h"

namespace cleat::object {

ManagedEntry entryFor(const Kind& kind, const FieldWriter& writer, const char* operation);

// Books an update from `before` (empty: an object of which nothing was said) to `after`: what it changes is its writer's
// from now on, and what it takes out is nobody's. False: nothing of it can be owned.
bool bookUpdate(const Kind& kind, Words before, Words after, const FieldWriter& writer, ManagedFields& managed);

}  // namespace cleat::object
