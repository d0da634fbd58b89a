// PluginOperations: what an operator changes about the plugins of a server that runs: `cleat plugin load`, `unload`,
// `enable`, `disable` and `swap`, and `cleat reload`. Each is a change of the configuration that is made whole or not
// at all; one that is saved stands in the file DATA/plugins.toml, which is read over the configuration at the next
// start.
//
// One operation at a time; from any thread that may wait, but not the executor's.
#pragma once

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/status.h>

#include <functional>
#include <string>

#include "core/app/plugin_plan.h"
#include "core/base/config.h"
#include "core/host/plugin_host.h"

namespace cleat::app {

// The configuration that a start reads: the file (empty: the defaults) and over it what was saved in the data folder.
Result<base::Config> loadWholeConfig(const std::string& file, const std::string& dataDir);

struct PluginChange {
  bool grant = false;  // a plugin may ask for more than it was granted
  bool save = false;
};

class PluginOperations {
 public:
  struct Options {
    std::string configFile, dataDir;
    bool safeMode = false;
    // What else of the configuration counts at once.
    std::function<void(const base::Config& config)> changed;
    bool besideNode = false;             // a node runs in this process, from the same configuration
    host::PluginHost* engine = nullptr;  // of the plugin that keeps the store, if one does
  };
  PluginOperations(host::PluginHost& host, base::Config config, PluginPlan plan, Options options);

  // Each gives a line that says what was done.
  // The plugin of the file (empty: NAME.so in the plugin folder, or what its table says) into all roles of its
  // manifest.
  Result<std::string> load(const std::string& name, const std::string& file, PluginChange change);
  // What the plugin of such a `load` asks to be allowed, less what its table leaves out of that: one a line.
  Result<std::string> grantsOf(const std::string& name, const std::string& file);
  // Out of all lists.
  Result<std::string> unload(const std::string& name, PluginChange change);
  Result<std::string> swap(const std::string& name, const std::string& file, PluginChange change);
  // Reads the configuration again.
  Result<std::string> reload(PluginChange change);

 private:
  Result<std::string> apply(base::Config config, const PluginChange& change) CLEAT_REQUIRES(mutex_);
  Result<void> unloadKinds(const std::vector<host::PluginSpec>& removed) CLEAT_REQUIRES(mutex_);
  void loadKinds(const std::vector<host::PluginSpec>& removed, size_t count) CLEAT_REQUIRES(mutex_);
  Result<void> save() CLEAT_REQUIRES(mutex_);
  Result<void> refuseLoaded(const std::string& name) const CLEAT_REQUIRES(mutex_);
  bool keepsStore(const std::string& name) const CLEAT_REQUIRES(mutex_) {
    return options_.engine && plan_.engine && plan_.engine->name == name;
  }

  host::PluginHost& host_;
  const Options options_;
  Mutex mutex_;
  base::Config config_ CLEAT_GUARDED_BY(mutex_);
  PluginPlan plan_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::app
