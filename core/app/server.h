// Server: the control plane, put together. Reading `start` from top to bottom is the way to see how the parts fit.
#pragma once

#include <cleat/sdk/status.h>

#include <memory>
#include <string>

#include "core/app/plugin_operations.h"
#include "core/app/whole_config.h"
#include "core/base/asio_executor.h"
#include "core/base/config.h"
#include "core/base/manual_time.h"

namespace cleat::app {

// What the server is given instead of making it; empty: it makes its own.
struct Given {
  // Of the server itself, PEM. Whoever gave them has made the administrator as well: there is no kubeconfig then, and
  // no token for nodes.
  std::string certFile, keyFile;
  std::string serviceAccountIssuer;
  // What it holds goes with the test that it is for: nothing waits for the disk.
  bool isForTests = false;
};

struct ServerSettings {
  std::string dataDir;
  std::string listen;  // ADDRESS:PORT; empty: as configured
  base::Config config;
  ConfigSources sources = {};  // what a reload reads again
  bool safeMode = false;       // nothing but plugins that were installed with the program
  Given given;
  // Of a server for a test, on the same executor: its time, which its control socket moves. Outlives the server. Null:
  // the machine's time.
  base::ManualTime* time = nullptr;
};

class Server {
 public:
  // Recovers the state, loads the plugins and serves. Blocks until ready; not on one of the executor's threads.
  static Result<std::unique_ptr<Server>> start(base::AsioExecutor& executor, ServerSettings settings);
  ~Server();  // stops

  const std::string& url() const;         // as nodes reach it
  const std::string& kubeconfig() const;  // the administrator's; empty: the certificate was given
  const std::string& joinToken() const;
  // Reads the configuration again, and that of the node beside it; a line that says what changed.
  Result<std::string> reload();
  // The operations on the plugins of a node in the same process; null before it stops.
  void setNode(PluginOperations* node);
  void stop();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace cleat::app
