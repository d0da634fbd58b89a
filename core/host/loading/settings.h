// What a plugin instance is started with: the settings of its table in the configuration file, checked against those
// that its manifest declares, and the facts of the installation.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/host/loading/manifest.h"
#include "core/object/message.h"

namespace cleat::host {

// Facts of the installation that plugins share (ServerConfig in schema/bus.capnp says what each is).
struct Installation {
  std::string url, caFile, pkiDir, certFile, keyFile, serviceCidr, clusterCidr, nodePortRange, clusterDomain, address;
  uint16_t agentPort = 0;
  std::string serviceAccountIssuer;
  std::string nodeName;  // in an agent
};

// Names the place in the file, the key and what is wrong.
Result<void> checkSettings(const Manifest& manifest, const std::vector<base::PluginSetting>& settings);

// A PluginConfig (schema/bus.capnp).
Ref<const object::Message> makePluginConfig(const Manifest& manifest, const std::vector<base::PluginSetting>& settings,
                                            const std::string& dataDir, const Installation& installation);

}  // namespace cleat::host
