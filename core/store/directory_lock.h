// DirectoryLock: this process alone uses the data directory. Held by the kernel (flock), so it goes away with the
// process however that ends.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <utility>

namespace cleat::store {

class DirectoryLock {
 public:
  // Makes the directory (0700) if it is absent. The error names the directory and the process that has it.
  static Result<DirectoryLock> take(const std::string& directory);
  DirectoryLock(DirectoryLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  int file_;
};

}  // namespace cleat::store
