// Who keeps the store: the SQLite database that is built in, or the plugin that [store] engine names (role
// `store-engine`, sdk/schema/role/store_engine.capnp).
//
// Such a plugin has a host of its own, so that no other plugin reaches it, and threads of its own, so that whoever
// waits for the store holds up nobody whom it waits for. When its process ends it is started again and opened anew, and
// what nobody has been told of is undone; writers wait for that, for a while, and notice nothing. So they do while it
// is swapped.
#pragma once

#include <cleat/sdk/status.h>

#include <memory>
#include <optional>
#include <string>

#include "core/base/asio_executor.h"
#include "core/host/plugin_host.h"
#include "core/store/engine.h"

namespace cleat::app {

inline constexpr const char* kBuiltInEngine = "sqlite";

// Which engine has stored what is in the store's folder; empty: nothing is there.
Result<std::string> engineOf(const std::string& folder);
Result<void> noteEngine(const std::string& folder, const std::string& engine);
// Fails when what is in the folder was stored by another engine; notes which one it is now.
Result<void> claimStore(const std::string& folder, const std::string& engine);

class EngineHost {
 public:
  // Loads the plugin.
  static Result<std::unique_ptr<EngineHost>> start(host::PluginSpec spec, host::HostOptions options,
                                                   object::KindRegistry& kinds);
  ~EngineHost();  // after the engine is gone; stops the plugin

  // Opened. It refers to the host.
  Result<std::unique_ptr<store::Engine>> open(store::Durability durability);
  host::PluginHost& host() { return *host_; }

 private:
  explicit EngineHost(std::string plugin) : plugin_(std::move(plugin)) {}

  std::string plugin_;
  std::unique_ptr<base::AsioExecutor> executor_;
  std::unique_ptr<host::PluginHost> host_;
};

}  // namespace cleat::app
