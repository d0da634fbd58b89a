#include "volumes/local_folders.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

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
  return removeTree(concat(root, "/", name));
}

}  // namespace cleat::agent
