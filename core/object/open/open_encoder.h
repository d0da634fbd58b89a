// Trees to JSON. Private to core/object.
#pragma once

#include "core/object/json/json_text.h"
#include "core/object/words.h"

namespace cleat::object {

// `"name":value` of each, separated by commas.
void appendMembers(TextBuffer& out, const words::ListView& members);

}  // namespace cleat::object
