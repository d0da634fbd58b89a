#include "volumes/group_ownership.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <memory>

namespace cleat::agent {
namespace {

constexpr mode_t kFileMode = 0660, kFolderMode = S_ISGID | 0770;

mode_t wantedMode(const struct stat& status) {
  const mode_t mode = status.st_mode & 07777;
  return mode | (S_ISDIR(status.st_mode) ? kFolderMode : kFileMode);
}

// Through a descriptor that was opened without following a link, so that what is changed is what was looked at.
Result<void> giveOne(int fd, const struct stat& status, uint32_t group, const std::string& path) {
  if (status.st_gid != group && fchownat(fd, "", static_cast<uid_t>(-1), group, AT_EMPTY_PATH) != 0) {
    return fail(systemError("cannot set the group of " + path, errno));
  }
  if (S_ISLNK(status.st_mode)) return {};
  const std::string opened = concat("/proc/self/fd/", fd);
  // Also where the mode is right: a change of the group takes bits away.
  if (chmod(opened.c_str(), wantedMode(status)) != 0) return fail(systemError("cannot set the mode of " + path, errno));
  return {};
}

// A folder of the volume by its path below it, through no link and into no other filesystem.
Fd openFolder(int root, const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  return Fd(static_cast<int>(syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

// Folder by folder, so that a deep tree takes no more descriptors than a flat one.
struct Walk {
  int root;
  uint32_t group;
  dev_t device;
  std::string shown;
  std::deque<std::string> due{"."};

  Result<void> run() {
    while (!due.empty()) {
      const std::string path = std::move(due.front());
      due.pop_front();
      CLEAT_TRY(visitAll(path));
    }
    return {};
  }

  Result<void> visitAll(const std::string& path) {
    Fd folder = openFolder(root, path);
    if (!folder)
      return errno == ENOENT ? Result<void>() : fail(systemError(concat("cannot open ", shown, "/", path), errno));
    const int fd = folder.get();
    std::unique_ptr<DIR, int (*)(DIR*)> entries(fdopendir(fd), closedir);
    if (!entries) return fail(systemError(concat("cannot list ", shown, "/", path), errno));
    (void)folder.release();  // it is the DIR's now
    while (const dirent* entry = readdir(entries.get())) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") CLEAT_TRY(visit(fd, name, concat(path, "/", name)));
    }
    return {};
  }

  Result<void> visit(int parent, const std::string& name, std::string path) {
    Fd entry(openat(parent, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    const std::string at = concat(shown, "/", path);
    if (!entry) return errno == ENOENT ? Result<void>() : fail(systemError("cannot open " + at, errno));
    struct stat status{};
    if (fstat(entry.get(), &status) != 0) return fail(systemError("cannot look at " + at, errno));
    if (status.st_dev != device) return {};
    CLEAT_TRY(giveOne(entry.get(), status, group, at));
    if (S_ISDIR(status.st_mode)) due.push_back(std::move(path));
    return {};
  }
};

}  // namespace

Result<void> giveToGroup(const std::string& folder, uint32_t group, GroupChange change) {
  Fd root(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return fail(systemError("cannot open " + folder, errno));
  struct stat status{};
  if (fstat(root.get(), &status) != 0) return fail(systemError("cannot look at " + folder, errno));
  const bool right = status.st_gid == group && (status.st_mode & 07777) == wantedMode(status);
  if (right && change == GroupChange::onRootMismatch) return {};
  Walk walk{root.get(), group, status.st_dev, folder};
  CLEAT_TRY(walk.run());
  // Last, so that one that was broken off does not look as if it had been done.
  return giveOne(root.get(), status, group, folder);
}

}  // namespace cleat::agent
