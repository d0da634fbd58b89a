#include "core/host/isolation/sandbox.h"

#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/host/isolation/syscall_filter.h"
#include "core/host/loading/companions.h"

namespace cleat::host {
namespace {

namespace fs = std::filesystem;

// Where the new root is put together: nothing that is to be seen in it lies there.
constexpr const char* kRoot = "/proc";
constexpr rlim_t kMostFiles = 4096, kLargestFile = rlim_t{4} << 30;

// What a program needs to load libraries and to know the time.
constexpr const char* kSystem[] = {"/usr/lib",         "/usr/lib64",     "/lib",
                                   "/lib64",           "/usr/local/lib", "/etc/alternatives",
                                   "/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo"};
// And to speak with others.
constexpr const char* kNetwork[] = {"/etc/resolv.conf", "/etc/hosts",     "/etc/nsswitch.conf",
                                    "/etc/gai.conf",    "/etc/ssl/certs", "/usr/share/ca-certificates"};
constexpr const char* kDevices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};

std::string inRoot(const std::string& path) { return kRoot + path; }

bool makeParents(const std::string& path) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) errno = error.value();
  return !error;
}

bool setAttributes(const std::string& path, uint64_t attributes) {
  mount_attr wanted{};
  wanted.attr_set = attributes;
  return syscall(SYS_mount_setattr, AT_FDCWD, path.c_str(), AT_RECURSIVE, &wanted, sizeof wanted) == 0;
}

// Lets what is at the path be seen at the same path in the new root. What is not there is not missed.
bool show(const std::string& path, uint64_t attributes) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) return errno == ENOENT || errno == ENOTDIR;
  const std::string target = inRoot(path);
  if (!makeParents(target)) return false;
  if (S_ISLNK(status.st_mode) && path.find('/', 1) == std::string::npos) {
    // "/lib" is "usr/lib", which is shown as well.
    std::error_code error;
    fs::create_symlink(fs::read_symlink(path, error), target, error);
    return !error || error == std::errc::file_exists;
  }
  if (stat(path.c_str(), &status) != 0) return errno == ENOENT;
  if (S_ISDIR(status.st_mode)) {
    if (mkdir(target.c_str(), 0755) != 0 && errno != EEXIST) return false;
  } else {
    int file = open(target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return false;
    close(file);
  }
  return mount(path.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0 &&
         setAttributes(target, attributes);
}

constexpr uint64_t kReadOnly = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

bool showAll(const Confinement& all, const std::string& pluginFile) {
  for (const char* path : kSystem) {
    if (!show(path, kReadOnly)) return false;
  }
  for (const char* path : kDevices) {
    // A device is not one where devices do not count.
    if (!show(path, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)) return false;
  }
  if (all.network) {
    for (const char* path : kNetwork) {
      if (!show(path, kReadOnly | MOUNT_ATTR_NOEXEC)) return false;
    }
  }
  for (const std::string& path : all.visible) {
    if (!show(path, kReadOnly)) return false;
  }
  for (const std::string& path : companionsOf(pluginFile)) {
    if (!show(path, kReadOnly)) return false;
  }
  return show(pluginFile, kReadOnly) && show(all.stateFolder, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

bool mountProcesses(const std::string& at) {
  constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  return mount("proc", at.c_str(), "proc", kFlags, "subset=pid") == 0 ||
         mount("proc", at.c_str(), "proc", kFlags, nullptr) == 0;
}

bool makeFileSystem(const Confinement& all, const std::string& pluginFile) {
  umask(022);
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  if (mount("tmpfs", kRoot, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755") != 0) return false;
  const std::string temporary = inRoot("/tmp"), processes = inRoot("/proc");
  if (mkdir(temporary.c_str(), 0755) != 0 || mkdir(processes.c_str(), 0755) != 0) return false;
  if (mount("tmpfs", temporary.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=16m,mode=1777") != 0) return false;
  if (!showAll(all, pluginFile) || !mountProcesses(processes)) return false;
  if (chdir(kRoot) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0) return false;
  if (chdir("/") != 0) return false;
  return mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, nullptr) == 0;
}

bool limit(__rlimit_resource resource, rlim_t most) {
  rlimit now{};
  if (getrlimit(resource, &now) != 0) return false;
  most = std::min(most, now.rlim_max);
  const rlimit wanted{most, most};
  return setrlimit(resource, &wanted) == 0;
}

bool setLimits(const Confinement& all) {
  bool set = limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, kMostFiles) && limit(RLIMIT_FSIZE, kLargestFile) &&
             limit(RLIMIT_MEMLOCK, 0) && limit(RLIMIT_MSGQUEUE, 0);
  // The next best thing.
  if (!all.limited) {
    set = limit(RLIMIT_DATA, static_cast<rlim_t>(all.memoryBytes)) && set;
    set = limit(RLIMIT_NPROC, static_cast<rlim_t>(all.processes)) && set;
  }
  return set;
}

bool becomeUser(uint32_t uid) {
  if (setgroups(0, nullptr) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0) return false;
  // Its own files in /proc are root's otherwise.
  return prctl(PR_SET_DUMPABLE, 1) == 0;
}

bool writeText(const char* file, const std::string& text) {
  int fd = open(file, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  return written;
}

// One in which there is nobody else, and which owns nothing.
bool enterUserNamespace(uint32_t uid) {
  const std::string self = concat(uid, " ", uid, " 1\n");
  return unshare(CLONE_NEWUSER) == 0 && writeText("/proc/self/setgroups", "deny") &&
         writeText("/proc/self/uid_map", self) && writeText("/proc/self/gid_map", self);
}

bool dropCapabilities() {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability) != 0 && errno != EPERM) return false;
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  return syscall(SYS_capset, &header, none) == 0;
}

}  // namespace

std::vector<std::string> enterSandbox(const Confinement& all, const std::string& pluginFile) {
  std::vector<std::string> lacks = all.lacks;
  auto attempt = [&](const char* what, bool had) {
    if (!had) lacks.push_back(concat(what, " (", std::strerror(errno), ")"));
  };
  if (all.namespaces) attempt("a file system of its own", makeFileSystem(all, pluginFile));
  attempt("limits on its files", setLimits(all));
  if (all.uid) {
    attempt("a user of its own", becomeUser(*all.uid));
    attempt("a user namespace of its own", enterUserNamespace(*all.uid));
  }
  attempt("no capabilities", dropCapabilities());
  attempt("no new privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  attempt("a filter on system calls", enterSyscallFilter());
  return lacks;
}

}  // namespace cleat::host
