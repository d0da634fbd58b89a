// TemporaryFolder: a folder that goes with whoever made it, among the machine's temporary ones. What is left of others
// of the same name whose processes were killed is removed as the next one is made: a folder's owner holds it locked
// (flock), and the lock goes with the process however that ends.
//
//   CLEAT_TRY(TemporaryFolder folder, TemporaryFolder::make("cleat-check"));   // /tmp/cleat-check-3kXp0a
#pragma once

#include <cleat/sdk/file.h>
#include <cleat/sdk/status.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace cleat::app {

class TemporaryFolder {
 public:
  // `alsoOf` takes away what else there is of a folder that a killed process has left, before the folder is removed.
  static Result<TemporaryFolder> make(std::string_view name,
                                      const std::function<void(const std::string& folder)>& alsoOf = nullptr);
  TemporaryFolder(TemporaryFolder&& other) noexcept
      : path_(std::exchange(other.path_, std::string())), lock_(std::move(other.lock_)) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  const std::string& path() const { return path_; }

 private:
  TemporaryFolder(std::string path, Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  Fd lock_;
};

}  // namespace cleat::app
