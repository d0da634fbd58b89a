// Bodies of large frames in memory that two processes share, instead of in their socket.
//
// What a plugin's process sends is memory of its own, one piece a frame, which it seals: nobody can change it any more.
// The server believes the seals and the size that the kernel tells, and nothing else, and lets go of it at once. What
// the server sends stands in one slot, which is passed on once: memory that is the server's is not the plugin's to
// keep. The slot is free again when the other end says so, and meanwhile frames go through the socket. The plugin may
// write into the slot, and fools nobody but itself: the server never reads it.
#pragma once

#include <cleat/sdk/file.h>

#include <cstdint>
#include <optional>
#include <span>

namespace cleat::host {

// Smaller bodies are quicker through the socket.
inline constexpr size_t kSharedBodyWords = 16384;  // 128 KiB
inline constexpr size_t kSlotWords = 512u << 10;   // 4 MiB

// Sealed memory with these words; nothing when the kernel gives none.
std::optional<Fd> sealedBody(std::span<const uint64_t> words);

// Memory of another process, or for it, in this one.
class SharedMemory {
 public:
  SharedMemory() = default;
  // A sealed body. Nothing when it is not such memory, could still be changed or is not of that size.
  static SharedMemory ofSealed(const Fd& fd, uint64_t words);
  // A slot that was passed on.
  static SharedMemory ofSlot(const Fd& fd);
  // A slot to be filled, and its descriptor.
  static SharedMemory makeSlot(Fd& fd);
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  explicit operator bool() const { return data_ != nullptr; }
  std::span<const uint64_t> words() const { return {data_, words_}; }
  void fill(std::span<const uint64_t> from);

 private:
  SharedMemory(void* data, uint64_t words) : data_(static_cast<uint64_t*>(data)), words_(words) {}
  uint64_t* data_ = nullptr;
  uint64_t words_ = 0;
};

}  // namespace cleat::host
