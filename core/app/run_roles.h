// The commands that stay: server, agent and up. Each returns the program's exit code.
#pragma once

#include <string>

namespace cleat::app {

struct RoleOptions {
  std::string dataDir, configFile, listen, serverUrl, token, nodeName;
  bool safeMode = false;
};

int runServer(const RoleOptions& options);
int runAgent(const RoleOptions& options);
int runUp(const RoleOptions& options);

}  // namespace cleat::app
