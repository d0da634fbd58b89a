#include "core/base/config_lists.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <set>

#include "core/base/config.h"
#include "core/base/config_checks.h"
#include "core/base/did_you_mean.h"

namespace cleat::base {
namespace {

bool has(const std::vector<std::string>& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

}  // namespace

std::string checkListed(const std::string& text) {
  if (text == kBuiltInList) return {};
  return checkName(text.starts_with('-') ? text.substr(1) : text);
}

std::expected<std::vector<std::string>, WrongList> expandList(const std::vector<std::string>& written,
                                                              const std::vector<std::string>& builtIn) {
  std::set<std::string_view> seen, elsewhere;
  const bool keeps = has(written, kBuiltInList);
  for (size_t i = 0; i < written.size(); ++i) {
    const std::string& element = written[i];
    const bool without = element.starts_with('-');
    const std::string_view name = without ? std::string_view(element).substr(1) : std::string_view(element);
    if (!seen.insert(name).second) return std::unexpected(WrongList{i, inQuotes(name) + ": named twice"});
    if (element == kBuiltInList) continue;
    if (without && (!keeps || !has(builtIn, name))) {
      return std::unexpected(WrongList{i, concat(inQuotes(element), ": takes nothing away: ", inQuotes(name),
                                                 " is not in the list that \"...\" stands", " for",
                                                 keeps ? didYouMean(name, builtIn) : std::string())});
    }
    elsewhere.insert(name);
  }
  std::vector<std::string> list;
  for (const std::string& element : written) {
    if (element == kBuiltInList) {
      std::ranges::copy_if(builtIn, std::back_inserter(list),
                           [&](const std::string& name) { return !elsewhere.contains(name); });
    } else if (!element.starts_with('-')) {
      list.push_back(element);
    }
  }
  return list;
}

std::string Config::placeOf(const std::string& key, const std::string& name) const {
  auto found = places.find(name.empty() ? key : concat(key, '/', name));
  return found == places.end() ? std::string() : found->second + ": ";
}

std::vector<PluginList> Config::serverLists() const {
  std::vector<PluginList> lists;
  if (!store.isBuiltIn()) lists.push_back({"store.engine", "store-engine", {store.engine}});
  const std::vector<PluginList> own = {
      {"kinds.enabled", "kinds", kinds.enabled},
      {"authz.chain", "authorizer", authz.chain},
      {"authn.chain", "authenticator", authn.chain},
      {"admission.chain", "admission", admission.chain},
  };
  lists.insert(lists.end(), own.begin(), own.end());
  // Before whoever calls them.
  for (const auto& [role, names] : roles) lists.push_back({concat("roles.", role), role, names});
  lists.push_back({"controllers.enabled", "controller", controllers.enabled});
  lists.push_back({"schedulers.enabled", "scheduler", schedulers.enabled});
  if (!audit.policy.empty()) lists.push_back({"audit.sinks", "audit", audit.sinks});
  return lists;
}

std::vector<PluginList> Config::nodeLists() const {
  auto one = [](const std::string& name) {
    return name.empty() ? std::vector<std::string>() : std::vector<std::string>{name};
  };
  std::vector<PluginList> lists = {
      {"runtime.plugin", "runtime", one(runtime.plugin)},
      {"network.plugin", "network", one(network.plugin)},
  };
  // Before whoever calls them.
  for (const auto& [role, names] : nodeRoles) lists.push_back({concat("node_roles.", role), role, names});
  lists.push_back({"agent.plugin", "controller", one(agent.plugin)});
  lists.push_back({"proxy.mode", "proxy", one(proxy.mode.empty() ? std::string() : proxy.plugin())});
  return lists;
}

}  // namespace cleat::base
