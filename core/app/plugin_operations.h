// PluginOperations: what an operator changes about the plugins of a server or a node that runs: `cleat plugin load`,
// `unload`, `enable`, `disable` and `swap`, and `cleat reload`. Each is a change of the configuration that is made
// whole or not at all; one that is saved stands in the file DATA/plugins.toml, which is read over the configuration at
// the next start and reload. In safe mode the configuration that is changed and saved is the whole one: what safe mode
// leaves out stays in it.
//
// One operation at a time; from any thread that may wait, but not the executor's.
#pragma once

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/status.h>

#include <set>
#include <string>

#include "core/app/plugin_place.h"
#include "core/app/plugin_plan.h"
#include "core/app/whole_config.h"
#include "core/base/config.h"
#include "core/host/plugin_host.h"

namespace cleat::app {

struct PluginChange {
  bool grant = false;  // a plugin may ask for more than it was granted
  bool save = false;
};

class PluginOperations {
 public:
  struct Options {
    ConfigSources sources;
    bool safeMode = false;
    host::PluginHost* engine = nullptr;  // of the plugin that keeps the store, if one does
  };
  // `config` is the whole one, `plan` is made of what safe mode leaves of it and carried out. Host and place outlive
  // it.
  PluginOperations(host::PluginHost& host, const PluginPlace& place, base::Config config, PluginPlan plan,
                   Options options);

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

  // Has a reload be one of those of the node in the same process too: both change, or neither. Null: no more; none is
  // under way then.
  void setNode(PluginOperations* node);

 private:
  // What an operation makes of the configuration; `admitted` are those that were loaded in safe mode.
  struct Wanted {
    base::Config config;
    std::set<std::string> admitted;
  };
  struct Difference {
    std::vector<host::PluginSpec> added, changed, removed;
    std::string text() const;  // "loaded a, changed b"; empty: there is none
  };
  // What safe mode leaves of it.
  base::Config effective(const Wanted& wanted) const;
  Result<std::string> become(Wanted wanted, const PluginChange& change) CLEAT_REQUIRES(mutex_);
  Result<Wanted> readAgain() const CLEAT_REQUIRES(mutex_);
  Result<void> mayReload();
  Result<Difference> differenceTo(const PluginPlan& plan) const CLEAT_REQUIRES(mutex_);
  Result<void> carryOut(const Difference& difference, const PluginChange& change) CLEAT_REQUIRES(mutex_);
  Result<void> unloadFirst(const std::vector<host::PluginSpec>& removed) CLEAT_REQUIRES(mutex_);
  void putBack(const std::vector<host::PluginSpec>& removed, size_t count) CLEAT_REQUIRES(mutex_);
  Result<void> save() CLEAT_REQUIRES(mutex_);
  // What was done, and whether it could be saved, where it is to be.
  Result<std::string> saved(std::string done, const PluginChange& change) CLEAT_REQUIRES(mutex_);
  Status notThere(const std::string& name) const CLEAT_REQUIRES(mutex_);
  Result<void> refuseLoaded(const std::string& name) const CLEAT_REQUIRES(mutex_);
  bool isLeftOut(const std::string& name) const CLEAT_REQUIRES(mutex_);
  bool keepsStore(const std::string& name) const CLEAT_REQUIRES(mutex_) {
    return options_.engine && plan_.engine && plan_.engine->name == name;
  }

  host::PluginHost& host_;
  const PluginPlace& place_;
  const Options options_;
  Mutex mutex_;
  Wanted have_ CLEAT_GUARDED_BY(mutex_);
  PluginPlan plan_ CLEAT_GUARDED_BY(mutex_);
  PluginOperations* node_ CLEAT_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace cleat::app
