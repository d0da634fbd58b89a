// Child processes for plugins: starting one with exactly the descriptors it is meant to have, and running one to its
// end with its output collected.
//
//   Command command{.argv = {"/usr/sbin/iptables-save"}};
//   Result<Output> output = run(command, {.timeoutMs = 5000});
//
// `run` blocks: call it from Context::blocking. A child inherits no descriptor but 0, 1, 2 and those named in
// `descriptors`, no signal mask and no ignored signals, and is the leader of a process group of its own, so that a
// timeout can kill what it started too.
#pragma once

#include <cleat/sdk/status.h>

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cleat {

struct Command {
  std::vector<std::string> argv;  // argv[0] is a path; $PATH is not searched
  // "NAME=value"; absent: this process's own environment.
  std::optional<std::vector<std::string>> environment = {};
  std::string folder = {};  // its working directory; empty: ours
  // (number in the child, descriptor of ours). Of 0, 1 and 2 those not named are /dev/null.
  std::vector<std::pair<int, int>> descriptors = {};
  bool newSession = false;  // setsid: it outlives the terminal, and ^C does not reach it
};

// Starts the command. The caller waits for the process (waitpid with this very id).
Result<pid_t> spawn(const Command& command);

struct RunOptions {
  std::string_view input = {};    // its standard input
  int timeoutMs = 30000;          // then the process group is killed
  size_t outputLimit = 4u << 20;  // of each stream; what is beyond is read and dropped
  int cancelFd = -1;              // when it becomes readable, time is up at once
};

struct Output {
  int exitCode = 0;  // 128 + N when signal N ended it
  bool timedOut = false;
  std::string standardOutput, standardError;
  bool succeeded() const { return exitCode == 0 && !timedOut; }
};

// Fails only when the command could not be started; an exit code is for the caller to judge.
Result<Output> run(const Command& command, const RunOptions& options = {});

// Waits for one child of ours: its exit code, 128 + N when signal N ended it, -1 when there is no such child.
int waitForExit(pid_t pid);

}  // namespace cleat
