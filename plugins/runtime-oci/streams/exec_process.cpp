#include "streams/exec_process.h"

#include "containers/containers.h"
#include "machine/namespaces.h"

#include <cleat/sdk/process.h>

#include <boost/json/parse.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace cleat::runtime {
namespace {

struct Ends {
  Fd ours, theirs;
};

Result<Ends> makePipe(bool weWrite) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(systemError("cannot make a pipe", errno));
  Fd reading(ends[0]), writing(ends[1]);
  Ends made{std::move(weWrite ? writing : reading), std::move(weWrite ? reading : writing)};
  fcntl(made.ours.get(), F_SETFL, O_NONBLOCK);
  return made;
}

Result<Ends> makeTerminal() {
  Fd master(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  char name[64];
  if (!master || grantpt(master.get()) != 0 || unlockpt(master.get()) != 0 ||
      ptsname_r(master.get(), name, sizeof name) != 0)
    return fail(systemError("cannot make a pseudo-terminal", errno));
  Fd slave(open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  termios settings;
  if (!slave || tcgetattr(slave.get(), &settings) != 0)
    return fail(systemError("cannot open the pseudo-terminal", errno));
  // Bytes pass as they are: the terminal in the container is the one that echoes and edits lines.
  cfmakeraw(&settings);
  tcsetattr(slave.get(), TCSANOW, &settings);
  return Ends{std::move(master), std::move(slave)};
}

}  // namespace

Result<std::unique_ptr<ExecProcess>> ExecProcess::start(const ExecRequest& request) {
  static std::atomic<uint64_t> counter{0};
  std::string scratch = request.scratchFolder + "/exec-" + std::to_string(getpid()) + "-" + std::to_string(++counter);
  CLEAT_TRY(writeFile(scratch + ".json", request.processJson));
  Command command{.argv = {request.runtime, "--root", request.runtimeRoot, "--log", scratch + ".log", "--log-format",
                           "json", "exec", "--process", scratch + ".json", "--pid-file", scratch + ".pid"},
                  .newSession = true};
  if (request.tty) command.argv.push_back("--tty");
  command.argv.push_back(request.containerId);
  std::vector<Ends> ends;
  if (request.tty) {
    CLEAT_TRY(auto terminal, makeTerminal());
    for (int number : {0, 1, 2}) command.descriptors.emplace_back(number, terminal.theirs.get());
    ends.push_back(std::move(terminal));
  } else {
    for (int number : {0, 1, 2}) {
      if (number == 0 && !request.wantsStdin) {
        ends.emplace_back();
        continue;
      }
      CLEAT_TRY(auto pipe, makePipe(number == 0));
      command.descriptors.emplace_back(number, pipe.theirs.get());
      ends.push_back(std::move(pipe));
    }
  }
  auto pid = spawn(command);
  if (!pid) {
    unlink((scratch + ".json").c_str());
    return fail(pid.error());
  }
  std::unique_ptr<ExecProcess> exec(new ExecProcess(*pid, scratch));
  exec->process = processDescriptor(*pid);
  if (request.tty) {
    exec->standardInput = Fd(fcntl(ends[0].ours.get(), F_DUPFD_CLOEXEC, 0));
    exec->standardOutput = std::move(ends[0].ours);
  } else {
    exec->standardInput = std::move(ends[0].ours);
    exec->standardOutput = std::move(ends[1].ours);
    exec->standardError = std::move(ends[2].ours);
  }
  return exec;
}

ExecProcess::~ExecProcess() {
  if (!waited_) {
    hangUp();
    waitForExit(pid_);
  }
  for (const char* suffix : {".json", ".log", ".pid"}) unlink((scratch_ + suffix).c_str());
}

void ExecProcess::resize(int width, int height) {
  winsize size{};
  size.ws_col = static_cast<unsigned short>(width);
  size.ws_row = static_cast<unsigned short>(height);
  if (standardOutput && ioctl(standardOutput.get(), TIOCSWINSZ, &size) == 0)
    // The runtime has no controlling terminal by which the kernel would tell it.
    syscall(SYS_pidfd_send_signal, process.get(), SIGWINCH, nullptr, 0);
}

void ExecProcess::hangUp() { syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0); }

bool ExecProcess::killCommand() {
  auto text = readFile(scratch_ + ".pid");
  const int pid = text ? std::atoi(text->c_str()) : 0;
  if (pid == 0) return false;
  if (Fd command = processDescriptor(pid)) syscall(SYS_pidfd_send_signal, command.get(), SIGKILL, nullptr, 0);
  return true;
}

ExecProcess::End ExecProcess::finish() {
  End end;
  end.exitCode = waitForExit(pid_);
  waited_ = true;
  // The runtime writes the pid only when the command runs; before that, its log says why it does not.
  if (access((scratch_ + ".pid").c_str(), F_OK) == 0) return end;
  namespace json = boost::json;
  std::string log = readFile(scratch_ + ".log").value_or("");
  for (size_t start = 0; start < log.size();) {
    size_t stop = log.find('\n', start);
    json::error_code error;
    json::value line = json::parse(log.substr(start, stop - start), error);
    start = stop == std::string::npos ? log.size() : stop + 1;
    if (error || !line.is_object()) continue;
    const json::value* message = line.get_object().if_contains("msg");
    if (message && message->is_string()) end.error = message->get_string();
  }
  if (end.error.empty()) end.error = "the OCI runtime ended with code " + std::to_string(end.exitCode);
  return end;
}

}  // namespace cleat::runtime
