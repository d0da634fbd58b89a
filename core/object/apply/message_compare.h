// What differs between two messages of a kind, as server-side apply counts it: straight from their words, for every
// write has its owner. See typed_merge.h for the same of JSON values. Private to core/object.
#pragma once

#include "core/object/apply/message_value.h"
#include "core/object/apply/typed_merge.h"
#include "core/object/apply/write_reach.h"
#include "core/object/message.h"

namespace cleat::object {

// Of what can be owned within `reach`. Empty words are an object of which nothing has been said.
Comparison compareMessages(const Kind& kind, const WriteReach& reach, Words before, Words after);

// Without its "k:", the step to an element that its keys tell apart.
std::string elementKeys(const FieldType& type, const MessageValue& element);

}  // namespace cleat::object
