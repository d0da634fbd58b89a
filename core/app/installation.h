// What of the machine and the configuration the roles of the program share: addresses, folders, plugin files.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/host/loading/manifest.h"
#include "core/host/plugin_host.h"

namespace cleat::app {

struct ListenAddress {
  std::string address;
  uint16_t port = 0;
};
// "0.0.0.0:6443", "[::]:6443"; the error names `what` ("--listen", or the key in the file).
Result<ListenAddress> parseListen(const std::string& text, const std::string& what);

// The address of the interface with the default route, of the family of the first of the cluster's `ranges`
// ("10.244.0.0/16", "fd00:10:244::/56,10.244.0.0/16") where the machine has one, or else of the other. 127.0.0.1 on a
// machine without any.
std::string machineAddress(const std::string& ranges);
std::string machineName();

// The first address of the first of the ranges, "10.96.0.0/16,fd00:10:96::/112": the API's own.
Result<std::string> firstServiceAddress(const std::string& ranges);

// Where the plugins are when the configuration does not say: beside the program, as built and as installed.
std::string pluginFolder();

// The folder that the program is installed in, if the SDK is there too.
std::string installedSdk();

// Whether a plugin is one that runs containers, programs networks or the like, and needs the machine for it.
bool looksAfterMachine(const host::Manifest& manifest);

// How the configuration has a plugin loaded.
host::PluginSpec pluginSpec(const base::Config& config, const std::string& name);

// Whether it lies in the folder of the plugins that were built and installed with the program. All others are confined,
// unless the configuration says otherwise.
bool isOurs(const std::string& file);

// How the plugin of the specification's file is isolated.
void setIsolation(const base::Config& config, const base::PluginTable& table, host::PluginSpec& spec);

Result<void> makePrivateFolder(const std::string& folder);

}  // namespace cleat::app
