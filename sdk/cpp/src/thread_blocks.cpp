#include <cleat/sdk/thread_blocks.h>

#include <new>

namespace cleat {
namespace {

// Blocks are of so many bytes, or a multiple of it.
constexpr size_t kStep = 64;
constexpr size_t kSizes = kLargestKeptBlock / kStep;

size_t placeOf(size_t size) { return size == 0 ? 0 : (size - 1) / kStep; }
size_t bytesAt(size_t place) { return (place + 1) * kStep; }

struct FreeBlock {
  FreeBlock* next;
};

// Has no destructor, so that it may be used until the thread's very end.
struct Kept {
  FreeBlock* first[kSizes];  // by size
  size_t bytes;
  enum class State : unsigned char { unused, open, closed } state;
};
constinit thread_local Kept kept{};

struct ThreadEnd {
  ~ThreadEnd() {
    kept.state = Kept::State::closed;
    for (FreeBlock*& first : kept.first) {
      while (FreeBlock* block = first) {
        first = block->next;
        ::operator delete(block);
      }
    }
    kept.bytes = 0;
  }
};

// Whether this thread keeps blocks, and will see to them at its end.
bool keeps() {
#ifdef __SANITIZE_ADDRESS__
  return false;
#else
  if (kept.state == Kept::State::unused) {
    thread_local ThreadEnd end;
    (void)end;
    kept.state = Kept::State::open;
  }
  return kept.state == Kept::State::open;
#endif
}

}  // namespace

void* takeBlock(size_t size) {
  const size_t place = placeOf(size);
  if (place >= kSizes) return ::operator new(size);
  FreeBlock* block = kept.first[place];
  if (block == nullptr) return ::operator new(bytesAt(place));
  kept.first[place] = block->next;
  kept.bytes -= bytesAt(place);
  return block;
}

void giveBlock(void* block, size_t size) noexcept {
  const size_t place = placeOf(size);
  if (place >= kSizes || kept.bytes + bytesAt(place) > kMostKeptBytes || !keeps()) return ::operator delete(block);
  kept.first[place] = new (block) FreeBlock{kept.first[place]};
  kept.bytes += bytesAt(place);
}

}  // namespace cleat
