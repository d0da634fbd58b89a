// A command run inside a container by the OCI runtime (`runc exec`), with its streams in our hands.
//
// With a terminal, the runtime gets a pseudo-terminal of ours as its own, and passes sizes and bytes on to the one it
// makes in the container. Starting blocks for as long as starting a program takes (a millisecond); everything after
// that is non-blocking descriptors.
#pragma once

#include <cleat/sdk/file.h>
#include <cleat/sdk/status.h>

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace cleat::runtime {

struct ExecRequest {
  std::string runtime, runtimeRoot;  // the program and its state
  std::string containerId;
  std::string processJson;  // an OCI process object
  std::string scratchFolder;
  bool tty = false, wantsStdin = false;
};

class ExecProcess {
 public:
  static Result<std::unique_ptr<ExecProcess>> start(const ExecRequest& request);
  // Removes its scratch files. The process is waited for by then (`finish`), or left to init.
  ~ExecProcess();

  // With a terminal `standardInput` and `standardOutput` are both its other side, and there is no `standardError`.
  Fd standardInput, standardOutput, standardError;
  Fd process;  // becomes readable when it has ended

  void resize(int width, int height);
  // Hangs up: ends the runtime's process, and with a terminal what runs at it.
  void hangUp();
  // Kills the command itself, in the container. False: the runtime has not started it yet.
  bool killCommand();

  struct End {
    int exitCode = 0;
    std::string error;  // why the command could not be run; then there is no exit code
  };
  // Once `process` is readable.
  End finish();

 private:
  ExecProcess(pid_t pid, std::string scratch) : pid_(pid), scratch_(std::move(scratch)) {}
  pid_t pid_;
  bool waited_ = false;
  std::string scratch_;  // the beginning of its files' names
};

}  // namespace cleat::runtime
