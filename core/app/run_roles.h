// The commands that stay: server, agent, up and attach. Each returns the program's exit code.
#pragma once

#include <signal.h>

#include <functional>
#include <string>
#include <vector>

#include "core/app/server.h"

namespace cleat::app {

// Blocks the signals that ask a program to end, in all threads that are started while it is there, and waits for one.
class SignalsToWaitFor {
 public:
  SignalsToWaitFor();
  // A SIGHUP calls `reload`, where it is something, which reads the configuration again and says what changed.
  void wait(const std::function<Result<std::string>()>& reload = nullptr) const;
  // Readable when one has come; the caller closes it.
  int descriptor() const;

 private:
  sigset_t signals_;
};

struct RoleOptions {
  std::string dataDir, configFile, listen, serverUrl, token, nodeName;
  bool safeMode = false;
  bool manualClock = false;
  bool endsWithParent = false;  // asked to end when whoever has started it does, however that ends
};

struct AttachOptions {
  std::string kubeconfig, context, dataDir, configFile, listen = "127.0.0.1:10359";
  std::vector<std::string> plugins, leaseNames;
  bool elects = true;
  std::string leaseNamespace = "kube-system";
  std::string leaseDuration = "15s", renewDeadline = "10s", retryPeriod = "2s";
};

int runServer(const RoleOptions& options);
enum class Clock { machine, manual };
// With settings that are there already, as `cleat envtest` has them.
int runServer(ServerSettings settings, Clock clock = Clock::machine);
int runAgent(const RoleOptions& options);
int runUp(const RoleOptions& options);
int runAttach(const AttachOptions& options);

}  // namespace cleat::app
