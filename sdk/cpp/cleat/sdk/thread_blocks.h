// Blocks of memory for what lives as long as one step of a request: the frames of coroutines (task.h), and the small
// messages that calls bring. Each thread keeps the blocks that were given back on it and gives them out again, the last
// one first, so that a request that takes the same steps as the one before asks the allocator for nothing.
//
//   void* block = takeBlock(size);
//   …
//   giveBlock(block, size);
//
// A thread keeps kMostKeptBytes and nothing of a large block, whatever a request was like; what it keeps goes back to
// the allocator when it ends. Nothing is shared between threads: a block may be given back on another thread than the
// one that took it, and is kept there. With AddressSanitizer nothing is kept, so that whoever uses a block that was
// given back is found out.
#pragma once

#include <cstddef>

namespace cleat {

inline constexpr size_t kLargestKeptBlock = 4096;
inline constexpr size_t kMostKeptBytes = 48 << 10;

void* takeBlock(size_t size);
// `size`: what it was taken with, or less.
void giveBlock(void* block, size_t size) noexcept;

}  // namespace cleat
