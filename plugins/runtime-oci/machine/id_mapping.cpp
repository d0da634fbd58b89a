#include "machine/id_mapping.h"

#include <cleat/sdk/text.h>

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace cleat::runtime {
namespace {

// The users of the machine itself.
constexpr uint32_t kFirstHostId = 65536;

Result<void> checkRanges(const std::vector<IdRange>& ranges) {
  bool hasRoot = !ranges.empty() && ranges.front().containerId == 0;
  if (!hasRoot) return fail(Status::badRequest("a user namespace needs a mapping that begins with root"));
  for (const IdRange& each : ranges) {
    bool whole = each.length > 0 && uint64_t(each.hostId) + each.length <= UINT32_MAX &&
                 uint64_t(each.containerId) + each.length <= UINT32_MAX;
    if (whole && each.hostId >= kFirstHostId) continue;
    return fail(
        Status::badRequest(concat("the ids ", each.hostId, " to ", uint64_t(each.hostId) + each.length,
                                  " cannot be those of a pod: the machine's own users are below ", kFirstHostId)));
  }
  return {};
}

uint32_t endOf(const std::vector<IdRange>& ranges) {
  uint32_t end = 0;
  for (const IdRange& each : ranges)
    if (each.containerId == end) end += each.length;
  return end;
}

}  // namespace

uint32_t IdMappings::firstUnmapped() const { return uids.empty() ? UINT32_MAX : std::min(endOf(uids), endOf(gids)); }

Result<void> IdMappings::check() const {
  if (uids.empty() && gids.empty()) return {};
  CLEAT_TRY(checkRanges(uids));
  return checkRanges(gids);
}

std::string mapText(const std::vector<IdRange>& ranges) {
  std::string text;
  for (const IdRange& each : ranges) text += concat(each.containerId, " ", each.hostId, " ", each.length, "\n");
  return text;
}

Result<Fd> idMappedMount(const std::string& path, const Fd& userNamespace) {
  Fd mount(int(syscall(SYS_open_tree, AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE)));
  if (!mount) return fail(systemError("cannot find " + path, errno));
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  attributes.userns_fd = uint64_t(userNamespace.get());
  if (syscall(SYS_mount_setattr, mount.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) != 0)
    return fail(systemError("the filesystem of " + path + " cannot be mapped into the pod's user namespace", errno));
  return mount;
}

Result<void> attachMount(const Fd& mount, const std::string& target) {
  struct stat facts;
  if (fstat(mount.get(), &facts) != 0) return fail(systemError("cannot look at what is mounted at " + target, errno));
  if (S_ISDIR(facts.st_mode)) {
    CLEAT_TRY(makeFolders(target, 0755));
  } else {
    Fd file(open(target.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return fail(systemError("cannot make " + target, errno));
  }
  if (syscall(SYS_move_mount, mount.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return fail(systemError("cannot mount at " + target, errno));
  return {};
}

}  // namespace cleat::runtime
