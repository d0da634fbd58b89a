#include "core/app/plugin_place.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <iterator>

#include "core/app/installation.h"

namespace cleat::app {

std::string tomlOver(const PluginPlace& place, const base::Config& below, const base::Config& now) {
  std::string text;
  std::map<std::string, std::string> sections;
  const std::map<std::string, std::string> had = place.listsOf(below);
  for (const auto& [key, list] : place.listsOf(now)) {
    if (auto same = had.find(key); same != had.end() && same->second == list) continue;
    const size_t dot = key.find('.');
    sections[key.substr(0, dot)] += concat(key.substr(dot + 1), " = ", list, "\n");
  }
  for (const auto& [section, lines] : sections) text += concat("\n[", section, "]\n", lines);
  for (const auto& [name, table] : now.plugins.tables) {
    auto same = below.plugins.tables.find(name);
    const std::string path = same == below.plugins.tables.end() ? "" : same->second.path;
    if (table.path != path) text += concat("\n[plugins.", name, "]\npath = ", inQuotes(table.path), "\n");
  }
  return text;
}

std::string tomlList(const std::vector<std::string>& names) { return concat("[", joined(names, ", ", inQuotes), "]"); }

std::string otherThanAtStart(const base::Config& before, const base::Config& now) {
  if (before.agent.port != now.agent.port) return "agent.port";
  if (before.log.file != now.log.file) return "log.file";
  if (before.log.maxBytes != now.log.maxBytes) return "log.max_file_bytes";
  if (before.log.maxFiles != now.log.maxFiles) return "log.max_files";
  if (before.plugins.dir != now.plugins.dir) return "plugins.dir";
  return {};
}

void eraseOthers(const base::Config& config, const std::set<std::string>& but, std::vector<std::string>& names,
                 std::vector<std::string>& left) {
  std::erase_if(names, [&](const std::string& name) {
    if (but.contains(name) || isOurs(config.pluginFile(name, pluginFolder()))) return false;
    if (!isListed(left, name)) left.push_back(name);
    return true;
  });
}

void eraseOthersOfRoles(const base::Config& config, const std::set<std::string>& but,
                        std::map<std::string, std::vector<std::string>>& roles, std::vector<std::string>& left) {
  for (auto list = roles.begin(); list != roles.end();) {
    const bool wasEmpty = list->second.empty();
    eraseOthers(config, but, list->second, left);
    list = !wasEmpty && list->second.empty() ? roles.erase(list) : std::next(list);
  }
}

}  // namespace cleat::app
