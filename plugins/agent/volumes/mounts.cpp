#include "volumes/mounts.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace cleat::agent {
namespace {

constexpr size_t kMountTableLimit = 64u << 20;

Fd openBeneath(int root, const std::string& path, uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return Fd(static_cast<int>(syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

// Makes the folders of `path` that are missing, one level at a time, never through a link that leads outside.
Result<Fd> openOrMake(int root, const std::string& path) {
  if (Fd found = openBeneath(root, path, O_PATH)) return found;
  if (errno != ENOENT) return fail(systemError("cannot open the subPath " + path, errno));
  for (size_t end = path.find('/');; end = path.find('/', end + 1)) {
    std::string prefix = path.substr(0, end);
    if (!openBeneath(root, prefix, O_PATH)) {
      size_t slash = prefix.rfind('/');
      Fd parent = openBeneath(root, slash == std::string::npos ? "." : prefix.substr(0, slash), O_PATH | O_DIRECTORY);
      if (!parent) return fail(systemError("cannot open the subPath " + prefix, errno));
      std::string name = slash == std::string::npos ? prefix : prefix.substr(slash + 1);
      if (mkdirat(parent.get(), name.c_str(), 0750) != 0 && errno != EEXIST) {
        return fail(systemError("cannot make the subPath " + prefix, errno));
      }
    }
    if (end == std::string::npos) break;
  }
  Fd made = openBeneath(root, path, O_PATH);
  if (!made) return fail(systemError("cannot open the subPath " + path, errno));
  return made;
}

Result<void> makeTarget(const std::string& target, bool folder) {
  if (folder) return makeFolders(target, 0750);
  CLEAT_TRY(makeFolders(target.substr(0, target.rfind('/')), 0750));
  Fd file(open(target.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0640));
  if (!file) return fail(systemError("cannot make " + target, errno));
  return {};
}

// mountinfo writes blanks in paths as \040 and the like.
std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool isMounted(const std::string& folder) {
  auto mounts = mountsBelow(folder);
  return std::find(mounts.begin(), mounts.end(), folder) != mounts.end();
}

}  // namespace

Result<void> mountMemory(const std::string& folder, uint64_t sizeBytes) {
  if (isMounted(folder)) return {};
  std::string options = sizeBytes == 0 ? std::string("mode=0755") : concat("mode=0755,size=", sizeBytes);
  if (mount("tmpfs", folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    return fail(systemError("cannot mount a tmpfs on " + folder, errno));
  }
  return {};
}

Result<void> bindSubPath(const std::string& volume, const std::string& path, const std::string& target) {
  if (isMounted(target)) return {};
  Fd root(open(volume.c_str(), O_PATH | O_CLOEXEC));
  if (!root) return fail(systemError("cannot open the volume " + volume, errno));
  CLEAT_TRY(auto source, openOrMake(root.get(), path));
  struct stat status{};
  if (fstat(source.get(), &status) != 0) return fail(systemError("cannot look at the subPath " + path, errno));
  CLEAT_TRY(makeTarget(target, S_ISDIR(status.st_mode)));
  std::string pinned = concat("/proc/self/fd/", source.get());
  if (mount(pinned.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
    return fail(systemError(concat("cannot mount the subPath ", path, " on ", target), errno));
  }
  return {};
}

std::vector<std::string> mountsBelow(const std::string& folder) {
  std::vector<std::string> found;
  auto table = readFile("/proc/self/mountinfo", kMountTableLimit);
  if (!table) return found;
  std::string_view rest = *table;
  while (!rest.empty()) {
    size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    // "36 35 98:0 /root /mount/point …": the fifth field.
    size_t at = 0;
    for (int field = 0; field < 4 && at != std::string_view::npos; ++field) {
      at = line.find(' ', at);
      if (at != std::string_view::npos) ++at;
    }
    if (at == std::string_view::npos) continue;
    std::string point = unescaped(line.substr(at, line.find(' ', at) - at));
    if (point == folder || point.starts_with(folder + "/")) found.push_back(std::move(point));
  }
  std::reverse(found.begin(), found.end());
  return found;
}

Result<void> unmountBelow(const std::string& folder) {
  for (const auto& point : mountsBelow(folder)) {
    if (umount2(point.c_str(), UMOUNT_NOFOLLOW) == 0 || errno == EINVAL || errno == ENOENT) continue;
    // Still used by a process that is about to go: let go of it as soon as that has ended.
    if (umount2(point.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH) != 0 && errno != EINVAL && errno != ENOENT) {
      return fail(systemError("cannot unmount " + point, errno));
    }
  }
  return {};
}

}  // namespace cleat::agent
