// Trees to JSON. Private to core/object.
#pragma once

#include "core/object/json/json_text.h"
#include "core/object/open/open_tree.h"

namespace cleat::object {

void appendTree(TextBuffer& out, TreeView value);
// `"name":value` of each, separated by commas.
void appendMembers(TextBuffer& out, const words::ListView& members);

}  // namespace cleat::object
