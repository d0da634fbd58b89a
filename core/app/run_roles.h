// The commands that stay: server, agent and up. Each returns the program's exit code.
#pragma once

#include <signal.h>

#include <string>

#include "core/app/server.h"

namespace cleat::app {

// Blocks the signals that ask a program to end, in all threads that are started while it is there, and waits for one.
class SignalsToWaitFor {
 public:
  SignalsToWaitFor();
  void wait() const;
  // Readable when one has come; the caller closes it.
  int descriptor() const;

 private:
  sigset_t signals_;
};

struct RoleOptions {
  std::string dataDir, configFile, listen, serverUrl, token, nodeName;
};

int runServer(const RoleOptions& options);
// With settings that are there already, as `cleat envtest` has them.
int runServer(ServerSettings settings);
int runAgent(const RoleOptions& options);
int runUp(const RoleOptions& options);

}  // namespace cleat::app
