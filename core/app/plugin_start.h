// The plugins of a server that starts: one that cannot start is tried again later (PluginHost::loadOrRetry), and keeps
// the server from starting neither by that nor by taking its time.
#pragma once

#include <cleat/sdk/status.h>

#include <vector>

#include "core/host/plugin_host.h"

namespace cleat::app {

// In this order, each when the one before is ready or has failed. The error is what is wrong with the settings of one.
Result<void> startPlugins(host::PluginHost& host, const std::vector<host::PluginSpec>& specs);

// The same, but those that were not installed with the program are waited for ten seconds altogether: one that is not
// ready by then goes on starting while there is a server already. What needs it fails until it is ready.
Result<void> startPluginsInTime(host::PluginHost& host, const std::vector<host::PluginSpec>& specs);

}  // namespace cleat::app
