#include "core/app/dev/enclosure.h"

#include <arpa/inet.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/process.h>
#include <cleat/sdk/text.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "core/app/dev/lone_network.h"
#include "core/app/dev/port_relay.h"
#include "core/app/installation.h"

namespace cleat::app {
namespace {

constexpr const char* kRunFolder = "/run/cleat";  // of all nodes of the machine

// Those that a process takes one by one, instead of being ended by them.
sigset_t blockSignals() {
  sigset_t taken;
  sigemptyset(&taken);
  for (int one : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&taken, one);
  sigprocmask(SIG_BLOCK, &taken, nullptr);
  return taken;
}

Result<Fd> listenAt(const ListenAddress& at) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(at.port);
  if (::inet_pton(AF_INET, at.address.c_str(), &address.sin_addr) != 1) {
    return fail(Status::badRequest(concat("--listen: ", at.address, " is no IPv4 address")));
  }
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(fd.get(), 64) != 0) {
    return fail(systemError(concat("cannot listen at ", at.address, ":", at.port), errno));
  }
  return fd;
}

// What is mounted from now on is seen in here alone; what the machine mounts is seen here too.
Result<void> enterNamespaces() {
  if (::unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID) != 0) {
    return fail(systemError("cannot make namespaces for the node", errno));
  }
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return fail(systemError("cannot keep the node's mounts to itself", errno));
  }
  // Which node is at work where is no affair of the machine's others.
  if (::mkdir(kRunFolder, 0700) != 0 && errno != EEXIST)
    return fail(systemError(concat("cannot make ", kRunFolder), errno));
  if (::mount("tmpfs", kRunFolder, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") != 0) {
    return fail(systemError(concat("cannot mount ", kRunFolder), errno));
  }
  return makeLoneNetwork();
}

std::optional<int> exitCodeOf(pid_t wanted) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG);
    if (ended <= 0) return std::nullopt;
    if (ended == wanted) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

// The first process of the namespace: who has lost its parent becomes its child, and all end with it.
[[noreturn]] void runFirstProcess(const Command& command, const sigset_t& taken) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) ::_exit(1);
  const Result<pid_t> pid = spawn(command);
  if (!pid) {
    std::fprintf(stderr, "cleat: %s\n", pid.error().message.c_str());
    ::_exit(1);
  }
  for (int received = 0;;) {
    if (sigwait(&taken, &received) != 0) continue;
    if (received != SIGCHLD) ::kill(*pid, received);
    if (const std::optional<int> code = exitCodeOf(*pid)) ::_exit(*code);
  }
}

Result<int> enclose(const EnclosureOptions& options) {
  std::error_code error;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  CLEAT_TRY(const ListenAddress at, parseListen(options.listen, "--listen"));
  Command command{.argv = {program, "up", "--data-dir", options.dataDir, "--listen", concat("0.0.0.0:", at.port)}};
  if (!options.configFile.empty()) command.argv.insert(command.argv.end(), {"--config", options.configFile});
  command.descriptors = {{2, STDERR_FILENO}};
  CLEAT_TRY(Fd listener, listenAt(at));
  const sigset_t taken = blockSignals();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  CLEAT_TRY(enterNamespaces());
  const pid_t first = ::fork();
  if (first < 0) return fail(systemError("cannot start a process", errno));
  if (first == 0) runFirstProcess(command, taken);
  const Fd signals(::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
  PortRelay relay(std::move(listener), at.port);
  for (;;) {
    relay.runUntil(signals.get());
    signalfd_siginfo received{};
    if (::read(signals.get(), &received, sizeof received) != sizeof received) continue;
    if (received.ssi_signo != SIGCHLD) ::kill(first, static_cast<int>(received.ssi_signo));
    if (const std::optional<int> code = exitCodeOf(first)) return *code;
  }
}

}  // namespace

int runEnclosed(const EnclosureOptions& options) {
  const Result<int> code = enclose(options);
  if (code) return *code;
  std::fprintf(stderr, "cleat: %s\n", code.error().message.c_str());
  return 1;
}

}  // namespace cleat::app
