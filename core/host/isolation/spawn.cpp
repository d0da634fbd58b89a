#include "core/host/isolation/spawn.h"

#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/host/isolation/program.h"

extern char** environ;

namespace cleat::host {
namespace {

// What whoever does not choose a program has for one (HostOptions).
constexpr const char* kOurselves = "/proc/self/exe";
constexpr size_t kStackBytes = 64 << 10;

// Everything that the new process needs until it is the program. It shares our memory till then, so it makes nothing.
struct Plan {
  int program = -1;
  std::vector<char*> arguments, environment;
  int null = -1, socket = -1, output = -1;
  std::vector<int> entrances;
  char userMap[32]{}, groupMap[32]{};  // where it is in a user namespace
  int error = 0;                       // what it tells us
};

bool put(const char* file, const char* text) {
  int fd = open(file, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t size = static_cast<ssize_t>(std::strlen(text));
  const bool written = write(fd, text, static_cast<size_t>(size)) == size;
  close(fd);
  return written;
}

int becomeProgram(void* given) {
  Plan& plan = *static_cast<Plan*>(given);
  auto failed = [&plan] {
    plan.error = errno;
    _exit(127);
    return 127;
  };
  for (int signal = 1; signal < NSIG; ++signal) {
    if (signal == SIGKILL || signal == SIGSTOP) continue;
    struct sigaction byDefault{};
    byDefault.sa_handler = SIG_DFL;
    sigaction(signal, &byDefault, nullptr);  // those of the C library alone are refused
  }
  // A group of its own: an interrupt from the terminal is for the host, which stops the child.
  setpgid(0, 0);
  for (int entrance : plan.entrances) {
    if (write(entrance, "0", 1) != 1) return failed();
  }
  if (plan.userMap[0] && (!put("/proc/self/setgroups", "deny") || !put("/proc/self/uid_map", plan.userMap) ||
                          !put("/proc/self/gid_map", plan.groupMap))) {
    return failed();
  }
  if (plan.null >= 0 && dup2(plan.null, 0) < 0) return failed();
  if (plan.output >= 0 && (dup2(plan.output, 1) < 0 || dup2(plan.output, 2) < 0)) return failed();
  if (dup2(plan.socket, kChildSocket) < 0) return failed();
  syscall(SYS_close_range, kChildSocket + 1, plan.program - 1, 0);
  syscall(SYS_close_range, plan.program + 1, ~0U, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  syscall(SYS_execveat, plan.program, "", plan.arguments.data(), plan.environment.data(), AT_EMPTY_PATH);
  return failed();
}

// Like posix_spawn, which knows no namespaces: our thread waits until the new process is the program or has failed.
pid_t start(Plan& plan, int namespaces) {
  void* stack = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return -errno;
  sigset_t all, before;
  sigfillset(&all);
  // No handler of ours may run in the new process.
  pthread_sigmask(SIG_BLOCK, &all, &before);
  plan.error = 0;
  pid_t pid = clone(becomeProgram, static_cast<char*>(stack) + kStackBytes,
                    CLONE_VM | CLONE_VFORK | SIGCHLD | namespaces, &plan);
  const int error = pid < 0 ? errno : plan.error;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  munmap(stack, kStackBytes);
  if (error != 0 && pid > 0) waitpid(pid, nullptr, 0);
  return error == 0 ? pid : -error;
}

// What a plugin's process inherits of the environment: of a confined one nothing that was not made for it.
std::vector<std::string> environmentOf(const ChildProcess& child) {
  std::vector<std::string> all;
  if (!child.confinement) {
    for (char** next = environ; *next; ++next) all.emplace_back(*next);
    return all;
  }
  all = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + child.confinement->stateFolder, "TMPDIR=/tmp"};
  // Of the sanitizers, where the program has them.
  for (const char* name : {"TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) all.push_back(concat(name, "=", value));
  }
  return all;
}

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Away from the numbers that the child's own descriptors get.
int moved(int fd) { return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 16); }

}  // namespace

pid_t spawnChild(ChildProcess& child) {
  Plan plan;
  const bool byDefault = child.program == kOurselves;
  const int program = byDefault ? isolatedProgram() : open(child.program.c_str(), O_PATH | O_CLOEXEC);
  plan.program = moved(program);
  if (plan.program < 0) return -errno;
  if (!byDefault) close(program);
  plan.socket = moved(child.socket);
  plan.output = moved(child.output);
  for (int entrance : child.entrances) plan.entrances.push_back(moved(entrance));
  const int null = child.confinement ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
  plan.null = moved(null);
  std::vector<std::string> environment = environmentOf(child);
  plan.environment = pointersTo(environment);

  auto attempt = [&](int namespaces) {
    std::vector<std::string> words = {"cleat",    "host",           "--socket-fd",   std::to_string(kChildSocket),
                                      "--plugin", child.pluginFile, "--callback-ms", std::to_string(child.callbackMs)};
    if (child.confinement) {
      child.confinement->namespaces = namespaces != 0;
      words.insert(words.end(), {"--confinement", encodeConfinement(*child.confinement)});
    }
    plan.arguments = pointersTo(words);
    return start(plan, namespaces);
  };
  pid_t pid = -1;
  if (!child.confinement) {
    pid = attempt(0);
  } else {
    int namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    if (!child.confinement->network) namespaces |= CLONE_NEWNET;
    if (geteuid() != 0) {
      // Who is not root has namespaces as the root of a user namespace only, in which nobody else is.
      namespaces |= CLONE_NEWUSER;
      std::snprintf(plan.userMap, sizeof plan.userMap, "0 %u 1\n", geteuid());
      std::snprintf(plan.groupMap, sizeof plan.groupMap, "0 %u 1\n", getegid());
    }
    pid = attempt(namespaces);
    if (pid == -EPERM || pid == -EINVAL || pid == -ENOSPC || pid == -EACCES) {
      child.confinement->lacks.push_back(concat("namespaces of its own (", std::strerror(-pid), ")"));
      plan.userMap[0] = 0;
      pid = attempt(0);
    }
  }
  for (int fd : {plan.program, null, plan.null, plan.socket, plan.output}) {
    if (fd >= 0) close(fd);
  }
  for (int entrance : plan.entrances) close(entrance);
  return pid;
}

}  // namespace cleat::host
