#include "machine/namespaces.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace cleat::runtime {
namespace {

Result<void> onThread(const std::function<Result<void>()>& work) {
  Result<void> result;
  std::thread([&] {
    try {
      result = work();
    } catch (const std::exception& error) {
      result = fail(Status::internal(error.what()));
    }
  }).join();
  return result;
}

Result<void> enter(const Fd& fd, int flags, const std::string& what) {
  if (setns(fd.get(), flags) != 0) return fail(systemError("cannot enter the namespaces of " + what, errno));
  return {};
}

int waitConnected(int fd, int timeoutMs) {
  pollfd watched{fd, POLLOUT, 0};
  int ready = poll(&watched, 1, timeoutMs);
  if (ready == 0) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  return error;
}

Result<void> setSysctl(const Sysctl& sysctl) {
  std::string path = sysctl.name;
  // With a slash in it the name is a path already, and its dots are part of an interface's name.
  if (path.find('/') == std::string::npos) std::replace(path.begin(), path.end(), '.', '/');
  if (auto written = writeInPlace("/proc/sys/" + path, sysctl.value); !written)
    return fail(Status::badRequest("cannot set sysctl \"" + sysctl.name + "\": " + written.error().message));
  return {};
}

}  // namespace

int numberInFile(const std::string& path) {
  auto text = readFile(path);
  return text ? std::atoi(text->c_str()) : 0;
}

Fd processDescriptor(int pid) { return Fd(pid <= 0 ? -1 : int(syscall(SYS_pidfd_open, pid, 0))); }

bool isProcessWith(int pid, const std::string& argument) {
  if (pid <= 0) return false;
  auto line = readFile("/proc/" + std::to_string(pid) + "/cmdline", 1 << 20);
  // Arguments end in a NUL each; a zombie has none.
  const std::string nul(1, '\0');
  return line && (nul + *line).find(nul + argument + nul) != std::string::npos;
}

Result<void> insideProcess(int pid, int flags, const std::function<Result<void>()>& work) {
  Fd process = processDescriptor(pid);
  if (!process) return fail(systemError("cannot find process " + std::to_string(pid), errno));
  return onThread([&]() -> Result<void> {
    CLEAT_TRY(enter(process, flags, "process " + std::to_string(pid)));
    return work();
  });
}

Result<void> insideNetwork(const std::string& path, const std::function<Result<void>()>& work) {
  if (path.empty()) return work();
  Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail(systemError("cannot open the network namespace " + path, errno));
  return onThread([&]() -> Result<void> {
    CLEAT_TRY(enter(fd, CLONE_NEWNET, path));
    return work();
  });
}

Result<void> insideFolder(const std::string& folder, const std::function<Result<void>()>& work) {
  return onThread([&]() -> Result<void> {
    // From here on this thread's working directory is its own.
    if (unshare(CLONE_FS) != 0 || chdir(folder.c_str()) != 0) return fail(systemError("cannot enter " + folder, errno));
    return work();
  });
}

Result<void> applySysctls(int pausePid, const std::vector<Sysctl>& sysctls, bool hostNetwork, bool hostIpc,
                          std::optional<uint32_t> root) {
  if (sysctls.empty()) return {};
  for (const Sysctl& each : sysctls) {
    std::string name = each.name;
    std::replace(name.begin(), name.end(), '/', '.');
    bool network = name.starts_with("net.");
    bool ipc = name.starts_with("kernel.shm") || name.starts_with("kernel.msg") || name == "kernel.sem" ||
               name.starts_with("fs.mqueue.");
    bool clean = name.find("..") == std::string::npos && name.find('\0') == std::string::npos;
    if (!clean || (!network && !ipc) || (network && hostNetwork) || (ipc && hostIpc))
      return fail(Status::badRequest("sysctl \"" + name + "\" is not separate for this pod"));
  }
  int flags = (hostNetwork ? 0 : CLONE_NEWNET) | (hostIpc ? 0 : CLONE_NEWIPC);
  return insideProcess(pausePid, flags, [&]() -> Result<void> {
    // Those of the network are for whoever administers it, which we do; those of IPC for root there and nobody else.
    std::vector<Sysctl> ofIpc;
    for (const Sysctl& each : sysctls) {
      if (!each.name.starts_with("net") && root)
        ofIpc.push_back(each);
      else if (auto set = setSysctl(each); !set)
        return set;
    }
    // The system call changes this thread only, which ends here.
    if (!ofIpc.empty() && syscall(SYS_setresuid, -1, *root, -1) != 0)
      return fail(systemError("cannot become root of the pod's user namespace", errno));
    for (const Sysctl& each : ofIpc)
      if (auto set = setSysctl(each); !set) return set;
    return {};
  });
}

Result<Fd> connectInside(const std::string& path, uint16_t port, int timeoutMs) {
  Fd socketFd;
  auto connected = insideNetwork(path, [&]() -> Result<void> {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    v6.sin6_addr = in6addr_loopback;
    int error = 0;
    for (bool second : {false, true}) {
      auto* address = second ? reinterpret_cast<sockaddr*>(&v6) : reinterpret_cast<sockaddr*>(&v4);
      Fd fd(socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      if (!fd) continue;
      int result = connect(fd.get(), address, second ? sizeof v6 : sizeof v4) == 0 ? 0 : errno;
      if (result == EINPROGRESS) result = waitConnected(fd.get(), timeoutMs);
      if (result == 0) {
        socketFd = std::move(fd);
        return {};
      }
      if (!second) error = result;
    }
    return fail(systemError("failed to connect to localhost:" + std::to_string(port) + " inside the pod", error));
  });
  CLEAT_TRY(connected);
  return socketFd;
}

}  // namespace cleat::runtime
