// What stands in a list or a map. Private to the library.
#pragma once

#include <string>

#include "cleat/cel/value.h"

namespace cleat::cel {

// At a key or an index: absent, or an error, where nothing does.
Value elementAt(const Value& operand, const Value& key);
// Under a name. What is no object has no fields.
Value fieldOf(const Value& operand, const std::string& name);

}  // namespace cleat::cel
