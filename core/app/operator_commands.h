// The commands that talk to a running cleat, or to its files: plugin, image, token, kubeconfig. Each returns the
// program's exit code.
#pragma once

#include <string>

#include "core/app/control_socket.h"

namespace cleat::app {

int listPluginsCommand(const std::string& dataDir, bool json);
struct PluginRequest {
  std::string name, file;
  bool grant = false, save = false;
};
int changePluginCommand(const std::string& dataDir, HostMethod method, const PluginRequest& request);
int pluginInfoCommand(const std::string& dataDir, const std::string& name);
// By `by` ("1h"), which may be nothing ("0s").
int moveClockCommand(const std::string& dataDir, const std::string& by);
int signPluginCommand(const std::string& file, const std::string& key);
int verifyPluginCommand(const std::string& file, const std::string& key);
// Reads the manifest out of a plugin's file, without running it.
int showPluginCommand(const std::string& file);
int importImageCommand(const std::string& dataDir, const std::string& archive, const std::string& name);
int listImagesCommand(const std::string& dataDir);
// `ttl`: how long it is good ("24h"; "0s": without an end). Kept by the server that runs, or with `inFile` in its
// tokens' file, where it has no end.
int createTokenCommand(const std::string& dataDir, const std::string& ttl, bool inFile);
int printKubeconfigCommand(const std::string& dataDir);

}  // namespace cleat::app
