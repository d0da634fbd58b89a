#include <cleat/sdk/file.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>

namespace cleat {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

Result<void> writeAll(int fd, const std::string& path, std::string_view content) {
  while (!content.empty()) {
    ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(systemError("cannot write " + path, errno));
    content.remove_prefix(size_t(written));
  }
  return {};
}

std::vector<std::string> namesIn(DIR* folder) {
  std::vector<std::string> names;
  while (const dirent* entry = readdir(folder)) {
    std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

// Beyond this depth a tree is not one that we made.
constexpr int kMaxDepth = 512;

Result<void> removeAt(int parent, const std::string& name, const std::string& shown, int depth) {
  if (unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return fail(systemError("cannot remove " + shown, errno));
  if (depth > kMaxDepth) return fail(Status::internal("cannot remove " + shown + ": it is nested too deep"));
  int fd = openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return fail(systemError("cannot remove " + shown, errno));
  Folder folder(fdopendir(fd));
  struct stat inside, outside;
  if (fstat(fd, &inside) == 0 && fstat(parent, &outside) == 0 && inside.st_dev != outside.st_dev)
    return fail(Status::internal("cannot remove " + shown + ": something is mounted there"));
  for (const std::string& child : namesIn(folder.get()))
    if (auto removed = removeAt(fd, child, shown + "/" + child, depth + 1); !removed) return removed;
  if (unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
    return fail(systemError("cannot remove " + shown, errno));
  return {};
}

}  // namespace

void Fd::reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

Status systemError(std::string_view doing, int error) {
  char buffer[128];
  std::string message = std::string(doing) + ": " + strerror_r(error, buffer, sizeof buffer);
  Status status = Status::internal(std::move(message));
  if (error == ENOENT) {
    status.code = 404;
    status.reason = "NotFound";
  }
  return status;
}

Result<std::string> readFile(const std::string& path, size_t limit) {
  Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail(systemError("cannot open " + path, errno));
  std::string content;
  struct stat facts;
  if (fstat(fd.get(), &facts) == 0 && facts.st_size > 0) content.reserve(std::min(size_t(facts.st_size), limit) + 1);
  char buffer[16384];
  while (true) {
    ssize_t count = read(fd.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(systemError("cannot read " + path, errno));
    if (count == 0) return content;
    if (content.size() + size_t(count) > limit)
      return fail(Status::tooLarge(path + " is longer than " + std::to_string(limit) + " bytes"));
    content.append(buffer, size_t(count));
  }
}

Result<void> writeFile(const std::string& path, std::string_view content, uint32_t mode) {
  static std::atomic<uint32_t> counter{0};
  std::string temporary = path + ".new-" + std::to_string(getpid()) + "-" + std::to_string(counter++);
  Fd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) return fail(systemError("cannot create " + temporary, errno));
  auto written = writeAll(fd.get(), temporary, content);
  if (written && rename(temporary.c_str(), path.c_str()) != 0)
    written = fail(systemError("cannot rename " + temporary + " to " + path, errno));
  if (!written) unlink(temporary.c_str());
  return written;
}

Result<void> writeInPlace(const std::string& path, std::string_view content) {
  Fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return fail(systemError("cannot open " + path, errno));
  while (write(fd.get(), content.data(), content.size()) < 0)
    if (errno != EINTR) return fail(systemError("cannot write \"" + std::string(content) + "\" to " + path, errno));
  return {};
}

Result<void> makeFolders(const std::string& path, uint32_t mode) {
  if (mkdir(path.c_str(), mode) == 0) return {};
  if (errno == EEXIST) {
    struct stat facts;
    if (stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode)) return {};
    return fail(systemError("cannot make the folder " + path, ENOTDIR));
  }
  size_t slash = path.find_last_of('/');
  if (errno != ENOENT || slash == std::string::npos || slash == 0)
    return fail(systemError("cannot make the folder " + path, errno));
  CLEAT_TRY(makeFolders(path.substr(0, slash), mode));
  if (slash + 1 < path.size() && mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
    return fail(systemError("cannot make the folder " + path, errno));
  return {};
}

Result<std::vector<std::string>> listFolder(const std::string& path) {
  Folder folder(opendir(path.c_str()));
  if (!folder && errno == ENOENT) return std::vector<std::string>();
  if (!folder) return fail(systemError("cannot read the folder " + path, errno));
  std::vector<std::string> names = namesIn(folder.get());
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> removeTree(const std::string& path) {
  size_t slash = path.find_last_of('/');
  std::string parent = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..")
    return fail(Status::internal("cannot remove " + path + ": it is not the name of a file or folder"));
  Fd folder(open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder && errno == ENOENT) return {};
  if (!folder) return fail(systemError("cannot open " + parent, errno));
  return removeAt(folder.get(), name, path, 0);
}

}  // namespace cleat
