// The words of a message from outside, taken over as they stand instead of being read piece by piece. That can be done
// where every pointer leads to words within the message that no other leads to: whoever changes one part of it later
// changes no other. What no pointer leads to is left out, and reads as zeros.
#pragma once

#include "core/object/message.h"

namespace cleat::object {

// Null where that cannot be done: the message is malformed, in several pieces, deeper than `maxNesting`, or more than
// half of it would be zeros.
Ref<Message> takeWords(Words words, int maxNesting);

}  // namespace cleat::object
