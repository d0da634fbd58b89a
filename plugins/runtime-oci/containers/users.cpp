#include "containers/users.h"

#include <cleat/sdk/file.h>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <sstream>

namespace cleat::runtime {
namespace {

constexpr size_t kUserFileLimit = 4u << 20;

bool isNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<uint32_t> numeric(std::string_view text) {
  uint32_t value = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // The kernel reads 2^32-1 as "no change".
  if (!isNumber(text) || error != std::errc() || stop != text.data() + text.size() || value == UINT32_MAX) return {};
  return value;
}

std::vector<std::vector<std::string>> linesOf(const std::string& rootfs, const char* file) {
  std::vector<std::vector<std::string>> entries;
  auto text = readInside(rootfs, file, kUserFileLimit);
  if (!text) return entries;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, ':');) fields.push_back(field);
    entries.push_back(std::move(fields));
  }
  return entries;
}

Status configError(std::string message) {
  Status status = Status::invalid("Container", "", {});
  status.reason = "CreateContainerConfigError";
  status.message = std::move(message);
  return status;
}

// `uid` is what the process will have, whatever it was called.
Result<void> checkNonRoot(const UserWish& wish, std::string_view imageUser, uint32_t uid) {
  if (!wish.runAsNonRoot) return {};
  std::string who = " (pod: \"" + wish.pod + "\", container: " + wish.container + ")";
  bool ofPod = wish.runAsUser >= 0;
  if (ofPod && uid == 0) return fail(configError("container's runAsUser breaks non-root policy" + who));
  if (!ofPod && !imageUser.empty() && !isNumber(imageUser))
    return fail(configError("container has runAsNonRoot and image has non-numeric user (" + std::string(imageUser) +
                            "), cannot verify user is non-root" + who));
  if (uid == 0) return fail(configError("container has runAsNonRoot and image will run as root" + who));
  return {};
}

Result<void> checkRange(const UserWish& wish, const char* field, int64_t id) {
  if (id < int64_t(UINT32_MAX) && id < int64_t(wish.firstUnmapped)) return {};
  std::string why = id < int64_t(UINT32_MAX) ? " is outside of the ids that the pod's user namespace has (0 to " +
                                                   std::to_string(wish.firstUnmapped - 1) + ")"
                                             : " is no user or group id";
  return fail(configError(std::string(field) + ": " + std::to_string(id) + why));
}

Result<void> checkUserRanges(const UserWish& wish, const User& user) {
  CLEAT_TRY(checkRange(wish, "runAsUser", user.uid));
  CLEAT_TRY(checkRange(wish, "runAsGroup", user.gid));
  for (uint32_t gid : user.additionalGids)
    if (auto inRange = checkRange(wish, "supplementalGroups", gid); !inRange) return inRange;
  return {};
}

struct GroupsFound {
  std::optional<uint32_t> gid;  // of the group that the image names
  std::set<uint32_t> memberships;
};

GroupsFound groupsOf(const std::string& rootfs, const std::string& groupPart, const std::string& userName) {
  GroupsFound found{numeric(groupPart), {}};
  bool byName = !groupPart.empty() && !isNumber(groupPart);
  for (const auto& fields : linesOf(rootfs, "/etc/group")) {
    if (fields.size() < 3) continue;
    auto entryGid = numeric(fields[2]);
    if (!entryGid) continue;
    if (byName && fields[0] == groupPart && !found.gid) found.gid = entryGid;
    // "web:x:50:alice,bob"
    std::istringstream members(fields.size() > 3 ? fields[3] : "");
    for (std::string member; std::getline(members, member, ',');)
      if (!userName.empty() && member == userName && groupPart.empty()) found.memberships.insert(*entryGid);
  }
  return found;
}

}  // namespace

Result<std::string> readInside(const std::string& rootfs, const std::string& path, size_t limit) {
  Fd root(open(rootfs.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return fail(systemError("cannot open " + rootfs, errno));
  open_how how{};
  // A pipe in the place of the file must not make us wait.
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  Fd file(int(syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
  if (!file) return fail(systemError("cannot open " + path + " of the image", errno));
  return readFile("/proc/self/fd/" + std::to_string(file.get()), limit);
}

Result<User> resolveUser(const std::string& rootfs, const UserWish& wish) {
  CLEAT_TRY(checkRange(wish, "runAsUser", wish.runAsUser));
  CLEAT_TRY(checkRange(wish, "runAsGroup", wish.runAsGroup));
  size_t colon = wish.imageUser.find(':');
  std::string userPart = wish.runAsUser >= 0 ? std::to_string(wish.runAsUser) : wish.imageUser.substr(0, colon);
  std::string groupPart = wish.runAsUser < 0 && colon != std::string::npos ? wish.imageUser.substr(colon + 1) : "";
  User user;
  std::string name;
  std::optional<uint32_t> uid = userPart.empty() ? 0 : numeric(userPart);
  bool byName = !userPart.empty() && !isNumber(userPart);
  for (const auto& fields : linesOf(rootfs, "/etc/passwd")) {
    if (fields.size() < 4) continue;
    auto entryUid = numeric(fields[2]);
    if (!entryUid || (byName ? fields[0] != userPart : entryUid != uid)) continue;
    name = fields[0];
    uid = entryUid;
    user.gid = numeric(fields[3]).value_or(0);
    if (fields.size() > 5 && !fields[5].empty()) user.home = fields[5];
    break;
  }
  if (!uid) return fail(configError("unable to find user " + userPart + ": no matching entries in passwd file"));
  user.uid = *uid;
  CLEAT_TRY(checkNonRoot(wish, wish.imageUser.substr(0, colon), user.uid));

  GroupsFound groups = groupsOf(rootfs, groupPart, name);
  if (!groupPart.empty() && !groups.gid)
    return fail(configError("unable to find group " + groupPart + ": no matching entries in group file"));
  if (groups.gid) user.gid = *groups.gid;
  if (wish.runAsGroup >= 0) user.gid = uint32_t(wish.runAsGroup);
  std::set<uint32_t> additional;
  if (!wish.strictGroups) additional = std::move(groups.memberships);
  for (int64_t group : wish.supplementalGroups) {
    CLEAT_TRY(checkRange(wish, "supplementalGroups", group));
    additional.insert(uint32_t(group));
  }
  additional.erase(user.gid);
  user.additionalGids.assign(additional.begin(), additional.end());
  CLEAT_TRY(checkUserRanges(wish, user));
  return user;
}

}  // namespace cleat::runtime
