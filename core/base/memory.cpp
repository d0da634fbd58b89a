#include "core/base/memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

// mimalloc's, where the program is linked with it; glibc's functions know nothing of what that holds.
extern "C" void mi_collect(bool force) noexcept __attribute__((weak));

namespace cleat::base {
namespace {

// Segments that may be written hold what has been relocated, also where they have been made read-only since.
int releaseUnwritable(dl_phdr_info* file, size_t, void* pageSize) {
  const uintptr_t page = *static_cast<const uintptr_t*>(pageSize);
  for (int i = 0; i < file->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = file->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0 || segment.p_memsz == 0) continue;
    const uintptr_t begin = (file->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const uintptr_t end = (file->dlpi_addr + segment.p_vaddr + segment.p_memsz + page - 1) & ~(page - 1);
    (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void keepMemorySmall(int arenas) {
  mallopt(M_ARENA_MAX, arenas);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
}

void releaseFreeMemory() {
  if (mi_collect)
    mi_collect(true);
  else
    malloc_trim(0);
}

void releaseFreeMemoryBeyond(size_t bytes) {
  // mimalloc does not say how much it has that is free. This is its light round, over what the caller's thread has.
  if (mi_collect)
    mi_collect(false);
  else if (mallinfo2().fordblks > bytes)
    malloc_trim(0);
}

void releaseCodeOfTheStart() {
  auto pageSize = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  dl_iterate_phdr(releaseUnwritable, &pageSize);
}

}  // namespace cleat::base
