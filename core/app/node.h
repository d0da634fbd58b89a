// Node: what runs on every machine of the cluster, put together: the same host of plugins as in a server, in front of a
// mirror of the server.
#pragma once

#include <cleat/sdk/status.h>

#include <memory>
#include <string>

#include "core/app/plugin_operations.h"
#include "core/app/whole_config.h"
#include "core/base/asio_executor.h"
#include "core/base/config.h"

namespace cleat::app {

struct NodeSettings {
  std::string dataDir, serverUrl, token;
  std::string nodeName;  // empty: as configured, or the machine's
  base::Config config;
  ConfigSources sources;  // what a reload reads again
  bool safeMode = false;  // nothing but plugins that were installed with the program
};

class Node {
 public:
  // Whether this process may run containers.
  static Result<void> mayRunHere();
  // Joins if need be, loads the plugins and starts to work. Blocks; not on one of the executor's threads.
  static Result<std::unique_ptr<Node>> start(base::AsioExecutor& executor, NodeSettings settings);
  ~Node();  // stops; containers go on running

  const std::string& name() const;
  // What operators change of its plugins, valid until it is stopped.
  PluginOperations& operations();
  void stop();

 private:
  struct Parts;
  explicit Node(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace cleat::app
