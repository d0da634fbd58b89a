// The commands that stay: server, agent, up and attach. Each returns the program's exit code.
#pragma once

#include <string>
#include <vector>

namespace cleat::app {

struct RoleOptions {
  std::string dataDir, configFile, listen, serverUrl, token, nodeName;
};

struct AttachOptions {
  std::string kubeconfig, context, dataDir, configFile, listen = "127.0.0.1:10359";
  std::vector<std::string> plugins, leaseNames;
  bool elects = true;
  std::string leaseNamespace = "kube-system";
  std::string leaseDuration = "15s", renewDeadline = "10s", retryPeriod = "2s";
};

int runServer(const RoleOptions& options);
int runAgent(const RoleOptions& options);
int runUp(const RoleOptions& options);
int runAttach(const AttachOptions& options);

}  // namespace cleat::app
