// Numbers as expressions write them. Private to the library.
#pragma once

#include <string_view>

#include "cleat/cel/value.h"

namespace cleat::cel {

// Absent where it does not fit.
Value unsignedLiteral(std::string_view digits);
Value integerLiteral(std::string_view digits, bool negative);

}  // namespace cleat::cel
