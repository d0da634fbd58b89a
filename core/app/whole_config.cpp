#include "core/app/whole_config.h"

#include <algorithm>
#include <filesystem>
#include <span>

namespace cleat::app {
namespace {

// The plugins of a server's lists.
std::vector<std::string> listedIn(const base::Config& config) {
  std::vector<std::string> all;
  for (const base::PluginList& list : config.serverLists()) all.insert(all.end(), list.names.begin(), list.names.end());
  all.insert(all.end(), config.audit.sinks.begin(), config.audit.sinks.end());
  return all;
}

Result<void> readSaved(base::Config& config, const std::string& dataDir) {
  std::error_code error;
  if (dataDir.empty() || !std::filesystem::exists(savedFile(dataDir), error)) return {};
  const std::vector<std::string> before = listedIn(config);
  CLEAT_TRY(base::readOver(config, savedFile(dataDir)));
  const std::vector<std::string> now = listedIn(config);
  for (const std::string& name : before) {
    if (std::ranges::find(now, name) == now.end()) config.takenOut.insert(name);
  }
  return {};
}

Result<base::Config> load(const std::string& file, std::span<const std::string> folders) {
  CLEAT_TRY(base::Config config, base::loadConfig(file));
  for (const std::string& folder : folders) CLEAT_TRY(readSaved(config, folder));
  return config;
}

}  // namespace

Result<base::Config> loadWholeConfig(const ConfigSources& sources) { return load(sources.file, sources.folders); }

Result<base::Config> loadConfigBelowSaved(const ConfigSources& sources) {
  const std::span<const std::string> all = sources.folders;
  return load(sources.file, all.first(all.empty() ? 0 : all.size() - 1));
}

std::string savedFile(const std::string& dataDir) { return dataDir + "/plugins.toml"; }

}  // namespace cleat::app
