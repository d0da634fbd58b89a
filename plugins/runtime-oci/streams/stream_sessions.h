// What goes on behind the sockets of StreamResults: a command in a container, a container's own streams, a connection
// into a pod; and the commands of execSync, which have no socket.
//
// A session keeps itself alive through its callbacks on the reactor and ends when it is done, when its client goes, or
// with the reactor. All functions are called on the reactor's thread.
#pragma once

#include "machine/reactor.h"
#include "streams/exec_process.h"

#include <chrono>
#include <functional>
#include <string>

namespace cleat::runtime {

struct StreamWish {
  bool standardInput = false, standardOutput = false, standardError = false, tty = false;
};

// Runs a command for a client. A client that goes closes the command's input; one with a terminal hangs it up.
void runExecSession(Reactor& reactor, Fd client, ExecRequest request, StreamWish wish);

// Connects a client with the streams of a container that conmon offers in the container's folder. `resize` is called
// with width and height.
void runAttachSession(Reactor& reactor, Fd client, const std::string& containerFolder, StreamWish wish,
                      std::function<void(int, int)> resize);

// Copies bytes both ways until both sides have ended.
void runRelaySession(Reactor& reactor, Fd client, Fd server);

struct ExecOutcome {
  int exitCode = 0;
  std::string standardOutput, standardError;  // at most kExecOutputLimit each
  bool timedOut = false;
  std::string error;  // why the command could not be run
};
inline constexpr size_t kExecOutputLimit = 16 << 10;

// `done` is called once, on the reactor's thread. On timeout the command is killed.
void runExecToEnd(Reactor& reactor, ExecRequest request, std::chrono::milliseconds timeout,
                  std::function<void(ExecOutcome)> done);

}  // namespace cleat::runtime
