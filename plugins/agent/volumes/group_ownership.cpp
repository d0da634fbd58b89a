#include "volumes/group_ownership.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace cleat::agent {
namespace {

constexpr mode_t kFileMode = 0660, kFolderMode = S_ISGID | 0770;
// Deeper than any path can be that has to be opened by its name.
constexpr int kMostDepth = 2048;

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

struct Walk {
  uint32_t group;
  dev_t device;

  Result<void> visit(int parent, const std::string& name, const std::string& path, int depth) const {
    Fd entry(openat(parent, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!entry) return errno == ENOENT ? Result<void>() : fail(systemError("cannot open " + path, errno));
    struct stat status{};
    if (fstat(entry.get(), &status) != 0) return fail(systemError("cannot look at " + path, errno));
    if (status.st_dev != device) return {};
    CLEAT_TRY(giveOne(entry.get(), status, group, path));
    if (!S_ISDIR(status.st_mode)) return {};
    if (depth == kMostDepth) return fail(Status::internal("cannot set the group of " + path + ": too deep"));
    return descend(entry.get(), path, depth);
  }

  Result<void> descend(int folder, const std::string& path, int depth) const {
    Fd listing(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!listing) return fail(systemError("cannot open " + path, errno));
    const int fd = listing.get();
    std::unique_ptr<DIR, int (*)(DIR*)> entries(fdopendir(listing.release()), closedir);
    if (!entries) {
      const int error = errno;
      close(fd);
      return fail(systemError("cannot list " + path, error));
    }
    while (const dirent* entry = readdir(entries.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      CLEAT_TRY(visit(fd, name, concat(path, "/", name), depth + 1));
    }
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
  const Walk walk{group, status.st_dev};
  CLEAT_TRY(walk.descend(root.get(), folder, 0));
  // Last, so that one that was broken off does not look as if it had been done.
  return giveOne(root.get(), status, group, folder);
}

}  // namespace cleat::agent
