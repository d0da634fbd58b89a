#include "core/base/memory.h"

#include <malloc.h>

namespace cleat::base {

void keepMemorySmall(int arenas) {
  mallopt(M_ARENA_MAX, arenas);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
}

void releaseFreeMemory() { malloc_trim(0); }

void releaseFreeMemoryBeyond(size_t bytes) {
  if (mallinfo2().fordblks > bytes) releaseFreeMemory();
}

}  // namespace cleat::base
