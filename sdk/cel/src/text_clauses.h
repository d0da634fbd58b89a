// One clause of a pattern, filled with a value. Private to the library.
#pragma once

#include <string>

#include "cleat/cel/value.h"
#include "text_format.h"

namespace cleat::cel {

// An error where the value cannot be written so.
Value appendClause(std::string& out, char clause, int precision, const Value& value, TextForm form);

}  // namespace cleat::cel
