// The program's memory as the machine sees it.
#pragma once

#include <cstddef>

namespace cleat::base {

// Few threads allocate, and what is free at the top goes back to the system: a program at rest stays small. Before any
// thread starts; `arenas`: how many heaps there may be.
void keepMemorySmall(int arenas);

// Gives pages back that freed memory has left behind. Takes milliseconds: for when much was freed and nobody waits.
void releaseFreeMemory();
// The same where so many bytes are free: a few large requests leave that much behind, and nobody notices when.
void releaseFreeMemoryBeyond(size_t bytes);

// Gives back the pages of the program's files that cannot be changed: code, and the tables that only the loader reads.
// For when a start is over: a hundred plugins have been relocated and have registered themselves, and most of what that
// took is never looked at again. What is needed still comes back from the page cache.
void releaseCodeOfTheStart();

}  // namespace cleat::base
