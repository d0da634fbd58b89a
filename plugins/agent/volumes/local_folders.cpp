#include "volumes/local_folders.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace cleat::agent {
namespace {

bool isName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

// What the root's own last component is must not be a link.
Result<Fd> openRoot(const std::string& root) {
  Fd folder(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return fail(systemError("cannot open the folder of local volumes " + root, errno));
  return folder;
}

Result<std::vector<std::string>> namesIn(int folder, const std::string& shown) {
  Fd listing(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR* entries = listing ? fdopendir(listing.get()) : nullptr;
  if (entries == nullptr) return fail(systemError("cannot list " + shown, errno));
  (void)listing.release();  // it is the DIR's now
  std::vector<std::string> names;
  while (const dirent* entry = readdir(entries)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  closedir(entries);
  return names;
}

// Removes what is in a folder, however deep it goes, with a few descriptors: folders of folders are moved up first.
class Emptying {
 public:
  Emptying(int top, dev_t device, std::string shown) : top_(top), device_(device), shown_(std::move(shown)) {}

  Result<void> run() {
    while (true) {
      CLEAT_TRY(const std::vector<std::string> names, namesIn(top_, shown_));
      if (names.empty()) return {};
      for (const std::string& name : names) CLEAT_TRY(removeEntry(name));
    }
  }

 private:
  std::unexpected<Status> failed(const std::string& name) const {
    return fail(systemError(concat("cannot remove ", shown_, "/", name), errno));
  }

  // Whether it is a folder that is still there.
  Result<bool> isLeftFolder(int parent, const std::string& name) const {
    if (unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return false;
    if (errno != EISDIR && errno != EPERM) return failed(name);
    return true;
  }

  Result<void> removeEntry(const std::string& name) {
    CLEAT_TRY(const bool isFolder, isLeftFolder(top_, name));
    if (!isFolder) return {};
    Fd folder(openat(top_, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) return failed(name);
    struct stat status{};
    if (fstat(folder.get(), &status) != 0) return failed(name);
    if (status.st_dev != device_) {
      return fail(Status::internal(concat("cannot remove ", shown_, "/", name, ": something is mounted there")));
    }
    CLEAT_TRY(const std::vector<std::string> names, namesIn(folder.get(), shown_));
    for (const std::string& inner : names) {
      CLEAT_TRY(const bool isInnerFolder, isLeftFolder(folder.get(), inner));
      if (isInnerFolder) CLEAT_TRY(moveUp(folder.get(), inner));
    }
    if (unlinkat(top_, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) return failed(name);
    return {};
  }

  Result<void> moveUp(int folder, const std::string& name) {
    while (renameat2(folder, name.c_str(), top_, concat(".up-", moved_++).c_str(), RENAME_NOREPLACE) != 0) {
      if (errno != EEXIST) return failed(name);
    }
    return {};
  }

  int top_;
  dev_t device_;
  std::string shown_;
  uint64_t moved_ = 0;
};

std::unexpected<Status> noName(std::string_view name) {
  return fail(Status::badRequest(concat("\"", name, "\" is not the name of a local volume's folder")));
}

}  // namespace

std::string wrongLocalPathRoot(std::string_view root) {
  if (!root.starts_with('/') || root.size() < 2) return concat(inQuotes(root), " is not an absolute path of a folder");
  for (std::string_view rest = root; !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view name = rest.substr(0, rest.find('/'));
    if (!isName(name)) return concat(inQuotes(root), " has a part that is empty, . or ..");
    rest.remove_prefix(name.size());
  }
  return {};
}

std::optional<std::string> localFolderIn(std::string_view root, std::string_view path) {
  if (root.empty() || !path.starts_with(root)) return std::nullopt;
  path.remove_prefix(root.size());
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  if (!isName(path)) return std::nullopt;
  return std::string(path);
}

Result<void> makeLocalFolder(const std::string& root, const std::string& name) {
  if (!isName(name)) return noName(name);
  CLEAT_TRY(makeFolders(root, 0711));
  CLEAT_TRY(Fd folder, openRoot(root));
  const bool made = mkdirat(folder.get(), name.c_str(), 0777) == 0;
  if (!made && errno != EEXIST) return fail(systemError(concat("cannot make ", root, "/", name), errno));
  Fd volume(openat(folder.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!volume) return fail(systemError(concat("cannot open ", root, "/", name), errno));
  // Whatever the process masks.
  if (made && fchmod(volume.get(), 0777) != 0) {
    return fail(systemError(concat("cannot set the mode of ", root, "/", name), errno));
  }
  return {};
}

Result<void> removeLocalFolder(const std::string& root, const std::string& name) {
  if (!isName(name)) return noName(name);
  Result<Fd> folder = openRoot(root);
  if (!folder) return folder.error().is(404) ? Result<void>() : fail(std::move(folder.error()));
  struct stat status{};
  if (fstatat(folder->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return fail(systemError(concat("cannot look at ", root, "/", name), errno));
  }
  if (!S_ISDIR(status.st_mode)) {
    return fail(Status::badRequest(concat(root, "/", name, " is not a folder: it stays")));
  }
  Fd volume(openat(folder->get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat around{};
  const std::string shown = concat(root, "/", name);
  if (!volume || fstat(folder->get(), &around) != 0) return fail(systemError("cannot open " + shown, errno));
  if (status.st_dev != around.st_dev) {
    return fail(Status::internal(concat("cannot remove ", shown, ": something is mounted there")));
  }
  CLEAT_TRY(Emptying(volume.get(), status.st_dev, shown).run());
  if (unlinkat(folder->get(), name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    return fail(systemError("cannot remove " + shown, errno));
  }
  return {};
}

}  // namespace cleat::agent
