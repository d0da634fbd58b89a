#include "loop_mounts.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <sstream>

namespace cleat::loop {
namespace {

constexpr int kMostTries = 16;  // to get a device before somebody else has it

// Octal in /proc: "\040".
std::string unescaped(const std::string& text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>(std::strtol(text.substr(i + 1, 3).c_str(), nullptr, 8));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

Result<std::vector<Mount>> mountsNow() {
  CLEAT_TRY(const std::string text, readFile("/proc/self/mountinfo"));
  return parseMounts(text);
}

// What lies on top at a path; empty: nothing is mounted there.
std::string deviceAt(const std::vector<Mount>& mounts, const std::string& path) {
  std::string device;
  for (const Mount& mount : mounts) {
    if (mount.path == path) device = mount.device;
  }
  return device;
}

struct LoopDevice {
  std::string path;
  Fd fd;  // while it is open the device stays, mounted or not
};

Result<LoopDevice> attach(const std::string& file) {
  Fd image(open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!image) return fail(systemError("cannot open " + file, errno));
  Fd control(open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!control) return fail(systemError("this machine has no loop devices: /dev/loop-control", errno));
  for (int i = 0; i < kMostTries; ++i) {
    const int number = ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return fail(systemError("there is no free loop device", errno));
    const std::string path = concat("/dev/loop", number);
    Fd device(open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!device) return fail(systemError("cannot open " + path, errno));
    loop_config config{};
    config.fd = static_cast<uint32_t>(image.get());
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (ioctl(device.get(), LOOP_CONFIGURE, &config) == 0) return LoopDevice{path, std::move(device)};
    if (errno != EBUSY) return fail(systemError(concat("cannot attach ", file, " to ", path), errno));
  }
  return fail(Status::unavailable("loop devices are taken faster than this can take one"));
}

}  // namespace

std::vector<Mount> parseMounts(std::string_view text) {
  std::vector<Mount> mounts;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, root, path;
    if (fields >> id >> parent >> device >> root >> path) mounts.push_back({device, unescaped(path)});
  }
  return mounts;
}

Result<void> mountFile(const std::string& file, const std::string& folder) {
  CLEAT_TRY(makeFolders(folder, 0755));
  CLEAT_TRY(const auto mounts, mountsNow());
  if (!deviceAt(mounts, folder).empty()) return {};
  CLEAT_TRY(const LoopDevice device, attach(file));
  if (::mount(device.path.c_str(), folder.c_str(), "ext4", MS_NODEV | MS_NOSUID, nullptr) == 0) return {};
  return fail(systemError(concat("cannot mount ", file), errno));
}

Result<void> mountAlso(const std::string& folder, const std::string& target, bool readOnly) {
  CLEAT_TRY(const auto mounts, mountsNow());
  const std::string there = deviceAt(mounts, target), wanted = deviceAt(mounts, folder);
  if (there.empty()) {
    if (::mount(folder.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) != 0) {
      return fail(systemError("cannot mount on " + target, errno));
    }
  } else if (there != wanted) {
    return fail(Status::conflict("volumes", target, "something else is mounted there"));
  }
  if (!readOnly) return {};
  constexpr unsigned long kFlags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV | MS_NOSUID;
  if (::mount(nullptr, target.c_str(), nullptr, kFlags, nullptr) == 0) return {};
  Status why = systemError("cannot make read-only " + target, errno);
  umount2(target.c_str(), UMOUNT_NOFOLLOW);
  return fail(std::move(why));
}

Result<void> unmount(const std::string& target) {
  // EINVAL: nothing is mounted there.
  if (umount2(target.c_str(), UMOUNT_NOFOLLOW) == 0 || errno == EINVAL || errno == ENOENT) return {};
  return fail(systemError("cannot unmount " + target, errno));
}

Result<bool> unmountUnused(const std::string& folder) {
  CLEAT_TRY(const auto mounts, mountsNow());
  const std::string device = deviceAt(mounts, folder);
  if (device.empty()) return true;
  const bool isUsed =
      std::ranges::any_of(mounts, [&](const Mount& one) { return one.device == device && one.path != folder; });
  if (isUsed) return false;
  CLEAT_TRY(unmount(folder));
  return true;
}

}  // namespace cleat::loop
