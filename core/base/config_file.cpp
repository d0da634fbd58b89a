// Where the configuration is read from, and where it says that plugins are.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include "core/base/config.h"

extern "C" const char cleat_default_config_begin[], cleat_default_config_end[];

namespace cleat::base {

std::string_view defaultConfigText() {
  return {cleat_default_config_begin, static_cast<size_t>(cleat_default_config_end - cleat_default_config_begin)};
}

std::string Config::pluginFile(const std::string& name, const std::string& programDir) const {
  std::string folder = plugins.dir.empty() ? programDir : plugins.dir;
  auto table = plugins.tables.find(name);
  if (table == plugins.tables.end() || table->second.path.empty()) return folder + "/" + name + ".so";
  const std::string& path = table->second.path;
  return path.front() == '/' ? path : folder + "/" + path;
}

Result<void> readOver(Config& config, const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (file) text << file.rdbuf();
  if (!file) return fail(Status::badRequest(path + ": " + std::strerror(errno ? errno : EIO)));
  return parseOver(config, text.str(), path);
}

const Config& defaultConfig() {
  static const Config builtIn = [] {
    Config config;
    if (auto read = parseOver(config, defaultConfigText(), "etc/cleat.toml"); !read) {
      std::cerr << "the built-in configuration is wrong: " << read.error().message << "\n";
      std::abort();
    }
    return config;
  }();
  return builtIn;
}

Result<Config> parseConfig(std::string_view text, std::string_view fileName) {
  Config config = defaultConfig();
  CLEAT_TRY(parseOver(config, text, fileName));
  return config;
}

Result<Config> loadConfig(const std::string& path) {
  Config config = defaultConfig();
  if (!path.empty()) CLEAT_TRY(readOver(config, path));
  return config;
}

}  // namespace cleat::base
