#include "core/host/isolation/shared_body.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/check.h"

namespace cleat::host {
namespace {

// With these nobody, whatever else holds the descriptor, changes the size, or a byte.
constexpr int kSizeSeals = F_SEAL_SHRINK | F_SEAL_GROW;
constexpr int kAllSeals = kSizeSeals | F_SEAL_WRITE;

}  // namespace

std::optional<Fd> sealedBody(std::span<const uint64_t> words) {
  Fd fd(memfd_create("cleat-frame", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return std::nullopt;
  const char* at = reinterpret_cast<const char*>(words.data());
  size_t left = words.size_bytes();
  while (left > 0) {
    const ssize_t put = write(fd.get(), at, left);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return std::nullopt;
    at += put;
    left -= static_cast<size_t>(put);
  }
  if (fcntl(fd.get(), F_ADD_SEALS, kAllSeals | F_SEAL_SEAL) != 0) return std::nullopt;
  return fd;
}

SharedMemory SharedMemory::ofSealed(const Fd& fd, uint64_t words) {
  struct stat status{};
  const int seals = fcntl(fd.get(), F_GET_SEALS);
  if (words == 0 || seals < 0 || (seals & kAllSeals) != kAllSeals) return {};
  if (fstat(fd.get(), &status) != 0 || static_cast<uint64_t>(status.st_size) != words * sizeof(uint64_t)) return {};
  // Private: of memory that is sealed, older kernels map no other. Nobody writes, so it is the same.
  void* mapped = mmap(nullptr, words * sizeof(uint64_t), PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd.get(), 0);
  return mapped == MAP_FAILED ? SharedMemory() : SharedMemory(mapped, words);
}

SharedMemory SharedMemory::ofSlot(const Fd& fd) {
  struct stat status{};
  if (fstat(fd.get(), &status) != 0 || status.st_size != static_cast<off_t>(kSlotWords * sizeof(uint64_t))) return {};
  void* mapped = mmap(nullptr, kSlotWords * sizeof(uint64_t), PROT_READ, MAP_SHARED, fd.get(), 0);
  return mapped == MAP_FAILED ? SharedMemory() : SharedMemory(mapped, kSlotWords);
}

SharedMemory SharedMemory::makeSlot(Fd& fd) {
  Fd made(memfd_create("cleat-slot", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  constexpr size_t kBytes = kSlotWords * sizeof(uint64_t);
  // Nobody takes the memory away from under whoever fills it.
  if (!made || ftruncate(made.get(), kBytes) != 0 || fcntl(made.get(), F_ADD_SEALS, kSizeSeals | F_SEAL_SEAL) != 0) {
    return {};
  }
  void* mapped = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, made.get(), 0);
  if (mapped == MAP_FAILED) return {};
  fd = std::move(made);
  return SharedMemory(mapped, kSlotWords);
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), words_(std::exchange(other.words_, 0)) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(words_, other.words_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (data_) munmap(data_, words_ * sizeof(uint64_t));
}

void SharedMemory::fill(std::span<const uint64_t> from) {
  CHECK(from.size() <= words_, "what is put into shared memory fits");
  std::ranges::copy(from, data_);
}

}  // namespace cleat::host
