#include "instance_lock.h"

#include <fcntl.h>
#include <sys/file.h>

namespace cleat::agent {

bool InstanceLock::take(const std::string& path) {
  if (fd_) return true;
  Fd opened(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!opened || flock(opened.get(), LOCK_EX | LOCK_NB) != 0) return false;
  fd_ = std::move(opened);
  return true;
}

}  // namespace cleat::agent
