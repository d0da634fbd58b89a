#include "core/app/temporary_folder.h"

#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace cleat::app {
namespace {

namespace fs = std::filesystem;

// Of one that has not been locked yet. It gets its name when it is, so that nobody takes it for a dead one's before.
constexpr std::string_view kBeing = "new-";

// Empty where somebody has it, or where it is not ours.
Fd lockOf(const std::string& folder) {
  Fd lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat found{};
  const bool isOurs = lock && ::fstat(lock.get(), &found) == 0 && found.st_uid == ::geteuid();
  return isOurs && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0 ? std::move(lock) : Fd();
}

// What is mounted there is somebody's files, whoever has mounted it.
bool hasMounts(const std::string& folder) {
  std::ifstream mounts("/proc/self/mounts");
  std::string device, place, rest;
  while (mounts >> device >> place && std::getline(mounts, rest)) {
    if (place == folder || place.starts_with(folder + "/")) return true;
  }
  return false;
}

void removeLeft(const fs::path& among, std::string_view name, const std::function<void(const std::string&)>& alsoOf) {
  std::error_code error;
  for (fs::directory_iterator at(among, error), end; !error && at != end; at.increment(error)) {
    if (!at->path().filename().string().starts_with(concat(name, "-"))) continue;
    const std::string folder = at->path().string();
    const Fd lock = lockOf(folder);
    if (!lock || hasMounts(folder)) continue;
    if (alsoOf) alsoOf(folder);
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
}

}  // namespace

Result<TemporaryFolder> TemporaryFolder::make(std::string_view name,
                                              const std::function<void(const std::string&)>& alsoOf) {
  std::error_code error;
  const fs::path among = fs::temp_directory_path(error);
  if (error) return fail(Status::internal("cannot make a temporary folder: " + error.message()));
  removeLeft(among, name, alsoOf);
  std::string begun = (among / concat(kBeing, name, "-XXXXXX")).string();
  if (::mkdtemp(begun.data()) == nullptr) return fail(systemError("cannot make a temporary folder", errno));
  Fd lock = lockOf(begun);
  const std::string path = (among / fs::path(begun).filename().string().substr(kBeing.size())).string();
  if (!lock || ::renameat2(AT_FDCWD, begun.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0) {
    const int why = errno;
    ::rmdir(begun.c_str());
    return fail(systemError("cannot make a temporary folder", why));
  }
  return TemporaryFolder(path, std::move(lock));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace cleat::app
