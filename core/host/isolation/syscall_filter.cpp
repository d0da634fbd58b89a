#include "core/host/isolation/syscall_filter.h"

#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <initializer_list>

namespace cleat::host {
namespace {

// By what they are about. Names that this machine's libseccomp does not know are left out.
constexpr std::initializer_list<const char*> kAllowed = {
    // Memory.
    "brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "mincore", "msync", "membarrier", "memfd_create", "mlock",
    "munlock", "mlock2", "mseal", "pkey_alloc", "pkey_free", "pkey_mprotect", "get_mempolicy", "map_shadow_stack",
    // Files.
    "access", "chdir", "chmod", "close", "close_range", "copy_file_range", "creat", "dup", "dup2", "dup3", "eventfd",
    "eventfd2", "faccessat", "faccessat2", "fadvise64", "fallocate", "fchdir", "fchmod", "fchmodat", "fchmodat2",
    "fcntl", "fdatasync", "fgetxattr", "flock", "fstat", "fstatfs", "fsync", "ftruncate", "futimesat", "getcwd",
    "getdents", "getdents64", "getxattr", "inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch",
    "lgetxattr", "link", "linkat", "listxattr", "lseek", "lstat", "mkdir", "mkdirat", "newfstatat", "open", "openat",
    "openat2", "pipe", "pipe2", "pread64", "preadv", "preadv2", "pwrite64", "pwritev", "pwritev2", "read", "readahead",
    "readlink", "readlinkat", "readv", "rename", "renameat", "renameat2", "rmdir", "sendfile", "splice", "stat",
    "statfs", "statx", "symlink", "symlinkat", "sync_file_range", "syncfs", "tee", "truncate", "umask", "unlink",
    "unlinkat", "utime", "utimensat", "utimes", "vmsplice", "write", "writev",
    // Waiting.
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "futex", "futex_requeue",
    "futex_wait", "futex_waitv", "futex_wake", "poll", "ppoll", "pselect6", "select", "restart_syscall",
    // Time.
    "alarm", "clock_getres", "clock_gettime", "clock_nanosleep", "getitimer", "gettimeofday", "nanosleep", "setitimer",
    "time", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime", "timerfd_create",
    "timerfd_gettime", "timerfd_settime", "times",
    // Its own processes, threads and signals.
    "arch_prctl", "execve", "exit", "exit_group", "fork", "vfork", "get_robust_list", "getcpu", "getegid", "geteuid",
    "getgid", "getgroups", "getpgid", "getpgrp", "getpid", "getppid", "getpriority", "getresgid", "getresuid",
    "getrlimit", "getrusage", "getsid", "gettid", "getuid", "kill", "pause", "pidfd_open", "pidfd_send_signal", "prctl",
    "prlimit64", "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn",
    "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo", "sched_get_priority_max", "sched_get_priority_min",
    "sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler", "sched_rr_get_interval",
    "sched_setaffinity", "sched_yield", "set_robust_list", "set_tid_address", "setpgid", "setpriority", "setrlimit",
    "setsid", "sigaltstack", "signalfd", "signalfd4", "tgkill", "tkill", "wait4", "waitid",
    // Sockets, of families below.
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen", "recvfrom",
    "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown", "socketpair",
    // The rest.
    "getrandom", "ioctl", "sysinfo", "uname"};

// What a program may try and be told that it may not.
constexpr std::initializer_list<const char*> kRefused = {"acct",
                                                         "add_key",
                                                         "bpf",
                                                         "chown",
                                                         "chroot",
                                                         "clock_settime",
                                                         "delete_module",
                                                         "fanotify_init",
                                                         "fchown",
                                                         "fchownat",
                                                         "finit_module",
                                                         "fsopen",
                                                         "init_module",
                                                         "io_uring_setup",
                                                         "kcmp",
                                                         "kexec_load",
                                                         "keyctl",
                                                         "lchown",
                                                         "mknod",
                                                         "mknodat",
                                                         "mount",
                                                         "mount_setattr",
                                                         "move_mount",
                                                         "name_to_handle_at",
                                                         "open_by_handle_at",
                                                         "open_tree",
                                                         "perf_event_open",
                                                         "personality",
                                                         "pidfd_getfd",
                                                         "pivot_root",
                                                         "process_vm_readv",
                                                         "process_vm_writev",
                                                         "ptrace",
                                                         "quotactl",
                                                         "reboot",
                                                         "request_key",
                                                         "setdomainname",
                                                         "setgid",
                                                         "setgroups",
                                                         "sethostname",
                                                         "setns",
                                                         "setregid",
                                                         "setresgid",
                                                         "setresuid",
                                                         "setreuid",
                                                         "settimeofday",
                                                         "setuid",
                                                         "swapoff",
                                                         "swapon",
                                                         "syslog",
                                                         "umount2",
                                                         "unshare",
                                                         "userfaultfd",
                                                         "vhangup"};

constexpr uint64_t kNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

bool add(scmp_filter_ctx filter, uint32_t action, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || number < 0) continue;
    if (seccomp_rule_add(filter, action, number, 0) != 0) return false;
  }
  return true;
}

bool fill(scmp_filter_ctx filter) {
  if (!add(filter, SCMP_ACT_ALLOW, kAllowed) || !add(filter, SCMP_ACT_ERRNO(EPERM), kRefused)) return false;
  // Threads and processes, but no namespaces; `clone3` hides its flags from a filter, so libraries are to do without
  // it.
  if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, kNamespaces, 0)) != 0) {
    return false;
  }
  for (int family : {AF_UNIX, AF_INET, AF_INET6}) {
    const auto is = SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(family));
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, is) != 0) return false;
  }
  return true;
}

}  // namespace

bool enterSyscallFilter() {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
  if (!filter) return false;
  // A tree instead of a line of comparisons.
  seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
  int error = fill(filter) ? seccomp_load(filter) : -EINVAL;
  seccomp_release(filter);
  errno = -error;
  return error == 0;
}

}  // namespace cleat::host
