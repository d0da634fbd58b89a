// The commands that talk to a running cleat, or to its files: plugin, image, token, kubeconfig. Each returns the
// program's exit code.
#pragma once

#include <string>

namespace cleat::app {

int listPluginsCommand(const std::string& dataDir, bool json);
int swapPluginCommand(const std::string& dataDir, const std::string& name, const std::string& file);
// Reads the manifest out of a plugin's file, without running it.
int showPluginCommand(const std::string& file);
int importImageCommand(const std::string& dataDir, const std::string& archive, const std::string& name);
int listImagesCommand(const std::string& dataDir);
int createTokenCommand(const std::string& dataDir);
int printKubeconfigCommand(const std::string& dataDir);

}  // namespace cleat::app
