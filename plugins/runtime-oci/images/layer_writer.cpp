#include "images/layer_writer.h"

#include "images/archive_reader.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>

#include <archive_entry.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <locale.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

namespace cleat::runtime {
namespace {

// How many bytes a layer may unpack to, and what is said when it has more.
struct Allowance {
  uint64_t bytes;
  std::string excess;

  Allowance(const LayerLimits& limits, uint64_t packedBytes) : bytes(limits.bytes) {
    uint64_t byRatio = std::max(limits.ratioFloorBytes, packedBytes * limits.ratio);
    if (byRatio < bytes) {
      bytes = byRatio;
      excess = concat("the layer has ", packedBytes, " bytes and unpacks to more than ", bytes,
                      ", which is all that max_layer_ratio (", limits.ratio, ") allows");
    } else {
      excess = concat("the layer unpacks to more than ", bytes, " bytes, which is all that ", limits.bytesSetting,
                      " allows");
    }
  }
};

int openInRoot(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = uint64_t(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return int(syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
}

class LayerWriter {
 public:
  LayerWriter(Fd root, std::string shown, const Allowance& allowance)
      : root_(std::move(root)), shown_(std::move(shown)), allowance_(allowance) {}

  Result<void> add(ArchiveReader& reader, archive_entry* entry) {
    const char* name = archive_entry_pathname(entry);
    if (name == nullptr) return fail(Status::badRequest("the layer has a name that is not text"));
    std::string path = cleaned(name);
    if (path.size() > 4096) return fail(Status::badRequest("the layer has a name of more than 4096 bytes"));
    path_ = path;
    if (path.empty()) return describe(root_.get(), ".", entry);
    size_t slash = path.rfind('/');
    std::string folder = slash == std::string::npos ? "" : path.substr(0, slash);
    std::string base = path.substr(slash == std::string::npos ? 0 : slash + 1);
    if (base == "." || base == "..") return wrong("is not a file's name");
    CLEAT_TRY(auto parent, folderAt(folder));
    if (base.starts_with(".wh.")) return whiteOut(parent, base);
    return create(reader, parent, base, entry);
  }

  // Of all files together, holes included.
  uint64_t fileBytes() const { return fileBytes_; }

  // A folder's time changes with every file that is put in it, so that is set last.
  Result<void> finish() {
    for (auto folder = folderTimes_.rbegin(); folder != folderTimes_.rend(); ++folder) {
      Fd fd(openInRoot(root_.get(), folder->first, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
      if (!fd) continue;  // replaced by a later entry
      timespec times[2] = {folder->second, folder->second};
      futimens(fd.get(), times);
    }
    return {};
  }

 private:
  static std::string cleaned(std::string_view name) {
    std::string path;
    while (!name.empty()) {
      size_t slash = name.find('/');
      std::string_view part = name.substr(0, slash);
      name = slash == std::string_view::npos ? std::string_view() : name.substr(slash + 1);
      if (part.empty() || part == ".") continue;
      path += (path.empty() ? "" : "/") + std::string(part);
    }
    return path;
  }

  std::unexpected<Status> wrong(const std::string& what) const {
    return fail(Status::badRequest("the layer's entry \"" + path_ + "\" " + what));
  }
  std::unexpected<Status> failed(const char* doing, int error) const {
    return fail(systemError(std::string("cannot ") + doing + " " + shown_ + "/" + path_, error));
  }

  // Most entries lie in the folder of the one before.
  Result<int> folderAt(const std::string& path) {
    if (parent_ && path == parentPath_) return parent_.get();
    int fd = path.empty() ? openInRoot(root_.get(), ".", O_RDONLY | O_DIRECTORY)
                          : openInRoot(root_.get(), path, O_RDONLY | O_DIRECTORY);
    if (fd < 0 && errno == ENOENT && !path.empty()) {
      size_t slash = path.rfind('/');
      CLEAT_TRY(auto above, folderAt(slash == std::string::npos ? "" : path.substr(0, slash)));
      std::string base = path.substr(slash == std::string::npos ? 0 : slash + 1);
      if (mkdirat(above, base.c_str(), 0755) != 0) return failed("make the folder of", errno);
      fd = openInRoot(root_.get(), path, O_RDONLY | O_DIRECTORY);
    }
    if (fd < 0) return failed("open the folder of", errno);
    parent_ = Fd(fd);
    parentPath_ = path;
    return fd;
  }

  Result<void> setOpaque(int parent, const std::string& name) {
    std::string path = "/proc/self/fd/" + std::to_string(parent) + "/" + name;
    if (lsetxattr(path.c_str(), "trusted.overlay.opaque", "y", 1, 0) != 0) return failed("make opaque", errno);
    return {};
  }

  Result<void> whiteOut(int parent, const std::string& base) {
    if (base == ".wh..wh..opq") return setOpaque(parent, ".");
    if (base.starts_with(".wh..wh.")) return {};  // bookkeeping of aufs
    std::string name = base.substr(4);
    if (name.empty() || name == "." || name == "..") return wrong("removes no file's name");
    struct stat facts;
    if (fstatat(parent, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0)
      // The layer itself has the name as well: it hides what is below and stays.
      return S_ISDIR(facts.st_mode) ? setOpaque(parent, name) : Result<void>();
    if (mknodat(parent, name.c_str(), S_IFCHR | 0600, makedev(0, 0)) != 0) return failed("white out", errno);
    return {};
  }

  // Makes room for the name. True: a whiteout stood there, so a folder in its place must hide what is below.
  Result<bool> clear(int parent, const std::string& name, bool keepFolder) {
    struct stat facts;
    if (fstatat(parent, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return false;
    bool folder = S_ISDIR(facts.st_mode);
    if (folder && keepFolder) return false;
    bool whiteout = S_ISCHR(facts.st_mode) && facts.st_rdev == makedev(0, 0);
    if (!folder && unlinkat(parent, name.c_str(), 0) != 0) return failed("replace", errno);
    if (folder) {
      CLEAT_TRY(removeTree("/proc/self/fd/" + std::to_string(parent) + "/" + name));
      parent_.reset();
      parentPath_.clear();
    }
    return whiteout;
  }

  Result<void> create(ArchiveReader& reader, int parentFd, const std::string& name, archive_entry* entry) {
    // `clear` may drop the remembered folder, which owns the descriptor.
    Fd parent(fcntl(parentFd, F_DUPFD_CLOEXEC, 0));
    bool folder = !archive_entry_hardlink(entry) && archive_entry_filetype(entry) == AE_IFDIR;
    CLEAT_TRY(auto whiteout, clear(parent.get(), name, folder));
    if (const char* target = archive_entry_hardlink(entry)) return link(parent.get(), name, target);
    switch (archive_entry_filetype(entry)) {
      case AE_IFDIR:
        if (mkdirat(parent.get(), name.c_str(), 0755) != 0 && errno != EEXIST) return failed("make the folder", errno);
        if (whiteout)
          if (auto opaque = setOpaque(parent.get(), name); !opaque) return opaque;
        folderTimes_.emplace_back(path_, timespec{archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)});
        break;
      case AE_IFREG: CLEAT_TRY(writeRegular(reader, parent.get(), name, entry)); break;
      case AE_IFLNK: {
        const char* target = archive_entry_symlink(entry);
        if (target == nullptr) return wrong("is a symbolic link to nothing");
        if (symlinkat(target, parent.get(), name.c_str()) != 0) return failed("make the link", errno);
        break;
      }
      case AE_IFCHR:
      case AE_IFBLK:
      case AE_IFIFO:
        if (mknodat(parent.get(), name.c_str(), archive_entry_filetype(entry) | 0600, archive_entry_rdev(entry)) != 0)
          return failed("make the node", errno);
        break;
      default: return wrong("is of a kind that a layer cannot have");
    }
    return describe(parent.get(), name, entry);
  }

  Result<void> link(int parent, const std::string& name, const std::string& target) {
    std::string path = cleaned(target);
    size_t slash = path.rfind('/');
    Fd folder(openInRoot(root_.get(), slash == std::string::npos ? "." : path.substr(0, slash), O_PATH | O_DIRECTORY));
    std::string base = path.substr(slash == std::string::npos ? 0 : slash + 1);
    if (!folder || base == ".." || linkat(folder.get(), base.c_str(), parent, name.c_str(), 0) != 0)
      return wrong("is a hard link to \"" + target + "\", which the layer does not have");
    return {};
  }

  Result<void> writeRegular(ArchiveReader& reader, int parent, const std::string& name, archive_entry* entry) {
    int64_t length = archive_entry_size(entry);
    if (length < 0) return wrong("has no size");
    if (uint64_t(length) > allowance_.bytes - fileBytes_) return fail(Status::tooLarge(allowance_.excess));
    fileBytes_ += uint64_t(length);
    Fd file(openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return failed("create", errno);
    auto copied = reader.copyContent([&](const void* bytes, size_t size, int64_t offset) -> Result<void> {
      if (offset < 0 || offset > length || size > uint64_t(length - offset)) return wrong("has more than its size");
      const char* from = static_cast<const char*>(bytes);
      while (size > 0) {
        ssize_t written = pwrite(file.get(), from, size, offset);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed("write", errno);
        from += written, size -= size_t(written), offset += written;
      }
      return {};
    });
    CLEAT_TRY(copied);
    // A sparse file may end in a hole.
    if (ftruncate(file.get(), *copied) != 0) return failed("write", errno);
    return {};
  }

  Result<void> describe(int parent, const std::string& name, archive_entry* entry) {
    bool symlink = archive_entry_filetype(entry) == AE_IFLNK;
    if (fchownat(parent, name.c_str(), uid_t(archive_entry_uid(entry)), gid_t(archive_entry_gid(entry)),
                 AT_SYMLINK_NOFOLLOW) != 0)
      return failed("set the owner of", errno);
    if (!symlink && fchmodat(parent, name.c_str(), archive_entry_perm(entry) & 07777, 0) != 0)
      return failed("set the mode of", errno);
    std::string path = "/proc/self/fd/" + std::to_string(parent) + "/" + name;
    const char* attribute;
    const void* value;
    size_t size;
    archive_entry_xattr_reset(entry);
    while (archive_entry_xattr_next(entry, &attribute, &value, &size) == ARCHIVE_OK) {
      std::string_view key = attribute == nullptr ? "" : attribute;
      // "user.overlay." is what overlayfs goes by where it is mounted in a user namespace.
      if (key != "security.capability" && (!key.starts_with("user.") || key.starts_with("user.overlay."))) continue;
      if (lsetxattr(path.c_str(), attribute, value, size, 0) != 0 && errno != EOPNOTSUPP && errno != EPERM)
        return failed("set an attribute of", errno);
    }
    timespec modified{archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)};
    timespec times[2] = {modified, modified};
    if (utimensat(parent, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) return failed("set the time of", errno);
    return {};
  }

  Fd root_;
  std::string shown_;
  const Allowance& allowance_;
  uint64_t fileBytes_ = 0;
  std::string path_;  // the entry at hand, for errors
  Fd parent_;
  std::string parentPath_;
  std::vector<std::pair<std::string, timespec>> folderTimes_;
};

}  // namespace

Result<UnpackedLayer> unpackLayer(const std::string& layer, const std::string& folder, const LayerLimits& limits) {
  Fd root(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return fail(systemError("cannot open " + folder, errno));
  if (fchmod(root.get(), 0755) != 0) return fail(systemError("cannot set the mode of " + folder, errno));
  CLEAT_TRY(auto reader, ArchiveReader::open(layer));
  const Allowance allowance(limits, reader->packedBytes());
  reader->limitTo(allowance.bytes);
  LayerWriter writer(std::move(root), folder, allowance);
  auto unpack = [&]() -> Result<UnpackedLayer> {
    for (uint64_t count = 0;; ++count) {
      CLEAT_TRY(auto entry, reader->next());
      if (entry == nullptr) break;
      if (count == limits.entries)
        return fail(Status::tooLarge(concat("the layer has more than ", limits.entries, " entries")));
      CLEAT_TRY(writer.add(*reader, entry));
    }
    CLEAT_TRY(writer.finish());
    CLEAT_TRY(auto digest, reader->digest());
    CLEAT_TRY(auto packedDigest, reader->packedDigest());
    return UnpackedLayer{std::move(digest), std::move(packedDigest),
                         std::max(reader->plainBytes(), writer.fileBytes())};
  };
  auto unpacked = unpack();
  if (!unpacked && reader->exceeded()) return fail(Status::tooLarge(allowance.excess));
  return unpacked;
}

}  // namespace cleat::runtime
