#include "core/store/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace cleat::store {
namespace {

Status systemFailure(const std::string& doing) {
  return Status::unavailable(doing + ": " + std::generic_category().message(errno));
}

// What the process that holds the lock has written into it; it may have just begun.
std::string holder(int file) {
  char text[32];
  ssize_t size = pread(file, text, sizeof text, 0);
  std::string pid;
  for (ssize_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; ++i) pid += text[i];
  return pid.empty() ? "another process" : "process " + pid;
}

}  // namespace

Result<DirectoryLock> DirectoryLock::take(const std::string& directory) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(systemFailure("making the data directory " + directory));
  }
  std::string path = directory + "/lock";
  int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return fail(systemFailure("opening " + path));
  DirectoryLock lock(file);
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail(systemFailure("locking " + path));
    return fail(Status::unavailable("the data directory " + directory + " is in use by " + holder(file) +
                                    ": stop it, or choose another directory"));
  }
  std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(file, 0) != 0 || pwrite(file, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return fail(systemFailure("writing " + path));
  }
  return lock;
}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace cleat::store
