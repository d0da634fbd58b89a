#include "volumes/atomic_writer.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

namespace cleat::agent {
namespace {

constexpr const char* kData = "..data";

std::string_view firstPart(std::string_view path) { return path.substr(0, path.find('/')); }

std::string linkTarget(const std::string& path) {
  char target[4096];
  ssize_t size = readlink(path.c_str(), target, sizeof target);
  return size < 0 ? std::string() : std::string(target, static_cast<size_t>(size));
}

// Whether the folder that ..data leads to holds exactly `files`.
bool holds(const std::string& folder, const VolumeFiles& files) {
  size_t found = 0;
  for (const auto& [path, file] : files) {
    std::string full = concat(folder, "/", path);
    struct stat status{};
    if (lstat(full.c_str(), &status) != 0 || (status.st_mode & 0777) != file.mode) return false;
    auto content = readFile(full);
    if (!content || *content != file.content) return false;
    ++found;
  }
  // More files than these would need a walk to be seen; the names at the top are enough to know, because every volume
  // is written by this function, and a file that was taken away changes the top or its own folder's number of entries.
  std::set<std::string_view> tops;
  for (const auto& [path, file] : files) tops.insert(firstPart(path));
  auto names = listFolder(folder);
  if (!names || names->size() != tops.size()) return false;
  for (const auto& [path, file] : files) {
    size_t slash = path.rfind('/');
    if (slash == std::string::npos) continue;
    std::string parent = path.substr(0, slash);
    std::set<std::string> expected;
    for (const auto& [other, ignored] : files) {
      if (other.size() > parent.size() && other.starts_with(parent) && other[parent.size()] == '/') {
        expected.insert(std::string(firstPart(std::string_view(other).substr(parent.size() + 1))));
      }
    }
    auto inside = listFolder(concat(folder, "/", parent));
    if (!inside || std::set<std::string>(inside->begin(), inside->end()) != expected) return false;
  }
  return found == files.size();
}

// Into a folder that nobody sees yet, and that is thrown away if anything fails: no need to sync it to disk.
Result<void> writeOne(const std::string& path, const VolumeFile& file, std::optional<uint32_t> group) {
  Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return fail(systemError("cannot make " + path, errno));
  for (size_t at = 0; at < file.content.size();) {
    ssize_t wrote = write(fd.get(), file.content.data() + at, file.content.size() - at);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return fail(systemError("cannot write " + path, errno));
    at += static_cast<size_t>(wrote);
  }
  if (file.owner || group) {
    uid_t owner = file.owner.value_or(static_cast<uid_t>(-1));
    gid_t groupId = group.value_or(static_cast<gid_t>(-1));
    if (fchown(fd.get(), owner, groupId) != 0) return fail(systemError("cannot set the owner of " + path, errno));
  }
  if (fchmod(fd.get(), file.mode) != 0) return fail(systemError("cannot set the mode of " + path, errno));
  return {};
}

Result<void> writeAll(const std::string& folder, const VolumeFiles& files, std::optional<uint32_t> group) {
  CLEAT_TRY(makeFolders(folder, 0755));
  for (const auto& [path, file] : files) {
    std::string full = concat(folder, "/", path);
    CLEAT_TRY(makeFolders(full.substr(0, full.rfind('/')), 0755));
    CLEAT_TRY(writeOne(full, file, group));
  }
  return {};
}

Result<void> replaceLink(const std::string& link, const std::string& target) {
  std::string temporary = link + "_tmp";
  unlink(temporary.c_str());
  if (symlink(target.c_str(), temporary.c_str()) != 0) return fail(systemError("cannot make " + temporary, errno));
  if (rename(temporary.c_str(), link.c_str()) != 0) return fail(systemError("cannot replace " + link, errno));
  return {};
}

// The names that the container sees: one link for each first part of a path.
Result<void> linkTops(const std::string& folder, const VolumeFiles& files) {
  std::set<std::string> tops;
  for (const auto& [path, file] : files) tops.insert(std::string(firstPart(path)));
  for (const auto& top : tops) {
    std::string link = concat(folder, "/", top);
    std::string target = concat(kData, "/", top);
    if (linkTarget(link) == target) continue;
    unlink(link.c_str());
    if (symlink(target.c_str(), link.c_str()) != 0) return fail(systemError("cannot make " + link, errno));
  }
  CLEAT_TRY(auto names, listFolder(folder));
  for (const auto& name : names) {
    if (name.starts_with("..") || tops.contains(name)) continue;
    unlink(concat(folder, "/", name).c_str());
  }
  return {};
}

}  // namespace

Result<void> checkVolumePath(const std::string& path) {
  auto refuse = [&](std::string_view why) {
    return fail(Status::badRequest(concat("invalid path \"", path, "\" in a volume: ", why)));
  };
  if (path.empty()) return refuse("it is empty");
  if (path[0] == '/') return refuse("it must be relative");
  if (path.size() > 4096) return refuse("it is longer than 4096 bytes");
  if (path.starts_with("..")) return refuse("it must not begin with '..'");
  for (size_t at = 0; at <= path.size();) {
    size_t end = std::min(path.find('/', at), path.size());
    std::string_view part = std::string_view(path).substr(at, end - at);
    if (part == "..") return refuse("it must not contain '..'");
    if (part.size() > 255) return refuse("a part of it is longer than 255 bytes");
    if (part.empty() || part == ".") return refuse("it has an empty part");
    at = end + 1;
  }
  return {};
}

Result<void> writeAtomically(const std::string& folder, const VolumeFiles& files, const std::string& stamp,
                             std::optional<uint32_t> group) {
  for (const auto& [path, file] : files) {
    CLEAT_TRY(checkVolumePath(path));
  }
  std::string dataLink = concat(folder, "/", kData);
  std::string old = linkTarget(dataLink);
  if (!old.empty() && holds(concat(folder, "/", old), files)) return linkTops(folder, files);
  std::string fresh = ".." + stamp;
  std::string freshPath = concat(folder, "/", fresh);
  Result<void> done = writeAll(freshPath, files, group);
  if (done) done = replaceLink(dataLink, fresh);
  if (!done) {
    (void)removeTree(freshPath);
    return done;
  }
  CLEAT_TRY(linkTops(folder, files));
  if (!old.empty() && old != fresh) return removeTree(concat(folder, "/", old));
  return {};
}

}  // namespace cleat::agent
