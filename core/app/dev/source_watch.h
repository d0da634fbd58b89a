// Tells which files of a folder have changed, by looking again and again: no editor saves in a way that this misses.
// Folders that CMake builds in, hidden files and shared objects are not looked at.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cleat::app {

class SourceWatch {
 public:
  // What is there now is known.
  explicit SourceWatch(std::string folder);

  // What has come, gone or changed since it was told last, by its path within the folder; told once nothing has changed
  // from one call to the next, so that several files that are saved together are one change.
  std::vector<std::string> changed();

 private:
  using Facts = std::pair<std::filesystem::file_time_type, uintmax_t>;  // when it was written, how large it is
  using Files = std::map<std::string, Facts>;
  Files look() const;

  std::string folder_;
  Files told_, seen_;
};

}  // namespace cleat::app
