// Files and descriptors for plugins that work on the machine itself: an owned descriptor, whole-file reads with
// a limit, writes that are never seen half done, and removal of a tree that stays inside the tree.
//
// Everything here blocks: call it from Context::blocking, not on the strand. Errors say what was done to which
// path; a missing file is code 404.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cleat {

// Owns a file descriptor. An empty one is -1.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

// "cannot open /x: No such file or directory", with the code that fits `error`: 404 for ENOENT, else 500.
Status systemError(std::string_view doing, int error);

inline constexpr size_t kReadFileLimit = 16u << 20;

// Fails rather than return part of a file that is longer than `limit`.
Result<std::string> readFile(const std::string& path, size_t limit = kReadFileLimit);

// Writes a temporary file beside `path` and renames it, so that a reader or a crash finds the old or the new
// content, never a part.
Result<void> writeFile(const std::string& path, std::string_view content, uint32_t mode = 0600);

// Writes into an existing file in place, in one write(2): for the files of /proc, /sys and cgroups.
Result<void> writeInPlace(const std::string& path, std::string_view content);

// Makes the folder and those above it; one that exists is left as it is.
Result<void> makeFolders(const std::string& path, uint32_t mode = 0755);

// Names in a folder, sorted, without "." and "..". A folder that is absent is empty.
Result<std::vector<std::string>> listFolder(const std::string& path);

// Removes the file or folder with all that is in it. Follows no symbolic link and enters no other filesystem (a
// mount point inside makes it fail). What is absent already is success.
Result<void> removeTree(const std::string& path);

}  // namespace cleat
