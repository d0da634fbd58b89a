// Asks for memory before it is needed. Objects lie all over it: who goes through ten thousand of them would otherwise
// wait for each in turn.
#pragma once

#include <cstddef>

namespace cleat::base {

// The first line of a thing.
inline void prefetch(const void* at) { __builtin_prefetch(at); }

// All lines of a text.
inline void prefetch(const char* from, size_t size) {
  constexpr size_t kLine = 64;
  for (size_t at = 0; at < size; at += kLine) __builtin_prefetch(from + at);
}

}  // namespace cleat::base
