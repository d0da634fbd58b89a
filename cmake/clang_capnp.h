// Included before everything else where clang compiles: Debian's Cap'n Proto compares `const char*` with kj::StringPtr
// by way of an operator that C++20 no longer turns around (P2468, clang 16 and later), and g++ 12 still does.
#pragma once

#include <kj/string.h>

namespace kj {
inline bool operator==(const char* a, const StringPtr& b) { return b == StringPtr(a); }
inline bool operator!=(const char* a, const StringPtr& b) { return !(b == StringPtr(a)); }
}  // namespace kj
