// What stands in a file of the log: frames, each a batch of changes behind its length and a sum over it, so that a
// batch that was only partly written is known to be none.
#pragma once

#include <cleat/sdk/file.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cleat::storelog {

struct Change {
  std::string_view key;
  uint64_t revision = 0;
  uint64_t replaces = 0;  // the revision of the same key before; 0: none
  bool deleted = false;
  std::string_view value;
};

constexpr size_t kFrameHead = 8;
constexpr uint32_t kMostFrameBytes = 1u << 30;

uint32_t checksum(std::string_view bytes);

// Appends a change to the content of a frame.
void addChange(std::string& content, const Change& change);
// The content with its head.
std::string frameOf(std::string_view content);
// Each change of a content; false when it is none.
bool eachChange(std::string_view content, const std::function<void(const Change&)>& visit);

// Reads a file's frames one after the other.
class FrameReader {
 public:
  FrameReader(int fd, uint64_t offset) : fd_(fd), offset_(offset) {}

  enum class Found { frame, end, damage };
  // The content is valid until the next call. The error is what the disk said.
  Result<Found> next(std::string_view& content);
  // Where the frame that `next` would give begins: behind the last one that it gave.
  uint64_t offset() const { return offset_; }

 private:
  Result<Found> look(uint64_t offset, std::string& into) const;

  int fd_;
  uint64_t offset_;
  std::string content_;
};

// So many bytes from there, or fewer at the file's end.
Result<size_t> readAt(int fd, uint64_t offset, char* into, size_t size);

}  // namespace cleat::storelog
