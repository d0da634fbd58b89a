#include "core/app/plugin_operations.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "core/app/installation.h"
#include "core/app/pki.h"
#include "core/app/wait.h"
#include "core/base/log.h"
#include "core/host/loading/manifest.h"

namespace cleat::app {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;
using Specs = std::vector<host::PluginSpec>;

std::string savedFile(const std::string& dataDir) { return dataDir + "/plugins.toml"; }

// The lists of a server, to be changed.
struct List {
  std::string key, role;
  Names& names;
};
std::vector<List> listsOf(base::Config& config) {
  std::vector<List> lists = {{"kinds.enabled", "kinds", config.kinds.enabled},
                             {"authz.chain", "authorizer", config.authz.chain},
                             {"authn.chain", "authenticator", config.authn.chain},
                             {"admission.chain", "admission", config.admission.chain},
                             {"controllers.enabled", "controller", config.controllers.enabled},
                             {"schedulers.enabled", "scheduler", config.schedulers.enabled}};
  for (auto& [role, names] : config.roles) lists.push_back({concat("roles.", role), role, names});
  return lists;
}

bool names(const Names& list, const std::string& name) { return std::ranges::find(list, name) != list.end(); }

void eraseEntries(base::Config& config, const std::string& name) {
  config.authn.entries.erase(name);
  config.authz.entries.erase(name);
  config.admission.entries.erase(name);
  // What the built-in configuration says of it stands whether it is asked or not.
  const base::Config builtIn = base::defaultConfig();
  const auto said = builtIn.admission.entries.find(name);
  if (said != builtIn.admission.entries.end()) config.admission.entries.insert(*said);
}

// Into the lists of these roles; a role that has none gets one.
void enlist(base::Config& config, const std::string& name, const Names& roles) {
  for (const std::string& role : roles) {
    bool known = false;
    for (List& list : listsOf(config)) {
      if (list.role != role) continue;
      known = true;
      if (!names(list.names, name)) list.names.push_back(name);
    }
    if (!known) config.roles[role].push_back(name);
  }
}

std::string identity(const host::PluginSpec& spec) {
  std::string text = concat(spec.file, "\n", spec.isolated, spec.privateCopy, "\n");
  for (const std::string& role : spec.roles) text += concat(role, "\n");
  for (const std::string& grant : spec.grants.value_or(Names())) text += concat("grant ", grant, "\n");
  if (spec.grants) text += "no more\n";
  for (const auto& setting : spec.settings) {
    text += concat(setting.key, "=", setting.text, "\n");
    for (const std::string& value : setting.values) text += concat(" ", value, "\n");
  }
  return spec.confinement ? text + host::encodeConfinement(*spec.confinement) : text;
}

Specs allOf(const PluginPlan& plan) {
  Specs all = plan.kinds;
  all.insert(all.end(), plan.others.begin(), plan.others.end());
  return all;
}

const host::PluginSpec* named(const Specs& specs, const std::string& name) {
  auto found = std::ranges::find(specs, name, &host::PluginSpec::name);
  return found == specs.end() ? nullptr : &*found;
}

std::string quotedList(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += concat(text.empty() ? "" : ", ", "\"", name, "\"");
  return concat("[", text, "]");
}

// What of a configuration is not about plugins counts at a start only.
std::string needsStart(const base::Config& before, const base::Config& now) {
  if (!(before.server == now.server)) return "[server]";
  if (!(before.store == now.store)) return "[store]";
  if (before.authn.anonymous != now.authn.anonymous) return "authn.anonymous";
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first && a.second.saysTheSame(b.second); };
  if (!std::ranges::equal(before.admission.entries, now.admission.entries, same)) return "[admission.NAME]";
  if (before.log.file != now.log.file) return "log.file";
  if (before.plugins.dir != now.plugins.dir) return "plugins.dir";
  return {};
}

}  // namespace

Result<base::Config> loadWholeConfig(const std::string& file, const std::string& dataDir) {
  CLEAT_TRY(base::Config config, base::loadConfig(file));
  std::error_code error;
  if (!dataDir.empty() && fs::exists(savedFile(dataDir), error)) CLEAT_TRY(base::readOver(config, savedFile(dataDir)));
  return config;
}

std::vector<std::string> leaveOthersOut(base::Config& config) {
  std::vector<std::string> left;
  for (List& list : listsOf(config)) {
    std::erase_if(list.names, [&](const std::string& name) {
      if (isOurs(config.pluginFile(name, pluginFolder()))) return false;
      if (!names(left, name)) left.push_back(name);
      return true;
    });
  }
  for (const std::string& name : left) eraseEntries(config, name);
  return left;
}

PluginOperations::PluginOperations(host::PluginHost& host, base::Config config, PluginPlan plan, Options options)
    : host_(host), options_(std::move(options)), config_(std::move(config)), plan_(std::move(plan)) {}

Result<std::string> PluginOperations::load(const std::string& name, const std::string& file, PluginChange change) {
  MutexLock lock(mutex_);
  if (keepsStore(name) || named(allOf(plan_), name)) {
    return fail(Status::badRequest("plugin " + name + " is loaded already"));
  }
  base::Config config = config_;
  if (!file.empty()) config.plugins.tables[name].path = file;
  CLEAT_TRY(auto manifest, host::readManifest(config.pluginFile(name, pluginFolder())));
  enlist(config, name, manifest.roles);
  return apply(std::move(config), change);
}

Result<std::string> PluginOperations::unload(const std::string& name, PluginChange change) {
  MutexLock lock(mutex_);
  if (keepsStore(name)) {
    return fail(Status::badRequest(concat("plugin ", name, " keeps the store: to be without it takes a restart")));
  }
  if (!named(allOf(plan_), name)) return fail(Status::notFound("plugins", name));
  base::Config config = config_;
  for (List& list : listsOf(config)) std::erase(list.names, name);
  eraseEntries(config, name);
  return apply(std::move(config), change);
}

Result<std::string> PluginOperations::swap(const std::string& name, const std::string& file, PluginChange change) {
  MutexLock lock(mutex_);
  if (!keepsStore(name) && !named(allOf(plan_), name)) return fail(Status::notFound("plugins", name));
  base::Config config = config_;
  config.plugins.tables[name].path = file;
  CLEAT_TRY(PluginPlan plan, planServer(config));
  const Specs specs = allOf(plan);
  const host::PluginSpec& spec = keepsStore(name) ? *plan.engine : *named(specs, name);
  // In any case: the file may be another one under the same name.
  host::PluginHost& host = keepsStore(name) ? *options_.engine : host_;
  CLEAT_TRY(
      wait(host.swap(spec, change.grant ? host::PluginHost::NewGrants::given : host::PluginHost::NewGrants::refused)));
  config_ = std::move(config);
  plan_ = std::move(plan);
  if (change.save) CLEAT_TRY(save());
  return concat(name, " now runs from ", file);
}

Result<std::string> PluginOperations::reload(PluginChange change) {
  MutexLock lock(mutex_);
  CLEAT_TRY(base::Config config, loadWholeConfig(options_.configFile, options_.dataDir));
  if (options_.safeMode) leaveOthersOut(config);
  if (std::string what = needsStart(config_, config); !what.empty()) {
    return fail(Status::badRequest(concat("nothing was changed: ", what, " takes a restart of the program")));
  }
  return apply(std::move(config), change);
}

// Those that bring kinds may have to stay, so they go first.
Result<void> PluginOperations::unloadKinds(const Specs& removed) {
  for (size_t i = 0; i < removed.size(); ++i) {
    if (!names(removed[i].roles, "kinds")) continue;
    if (auto gone = wait(host_.unload(removed[i].name)); !gone) {
      loadKinds(removed, i);
      return fail(Status::badRequest("nothing was changed: " + gone.error().message));
    }
  }
  return {};
}

// The first so many of them are put back.
void PluginOperations::loadKinds(const Specs& removed, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (names(removed[i].roles, "kinds")) static_cast<void>(wait(host_.load(removed[i])));
  }
}

Result<std::string> PluginOperations::apply(base::Config config, const PluginChange& change) {
  CLEAT_TRY(PluginPlan plan, planServer(config));
  const Specs before = allOf(plan_), now = allOf(plan);
  Specs added, changed, removed;
  for (const host::PluginSpec& spec : now) {
    const host::PluginSpec* had = named(before, spec.name);
    if (!had) added.push_back(spec);
    if (had && identity(*had) != identity(spec)) changed.push_back(spec);
  }
  for (const host::PluginSpec& spec : before) {
    if (named(now, spec.name)) continue;
    if (names(spec.roles, "kinds") && isOurs(spec.file)) {
      return fail(Status::badRequest(concat("nothing was changed: plugin ", spec.name,
                                            " brings kinds of Kubernetes' own, which others rely on: to be without "
                                            "them takes a restart of the program")));
    }
    removed.push_back(spec);
  }

  using enum host::PluginHost::NewGrants;
  size_t loaded = 0, swapped = 0;
  CLEAT_TRY(unloadKinds(removed));
  Result<void> done;
  for (; done && loaded < added.size(); ++loaded) done = wait(host_.load(added[loaded]));
  for (; done && swapped < changed.size(); ++swapped) {
    done = wait(host_.swap(changed[swapped], change.grant ? given : refused));
  }
  if (!done) {
    // The last of either is the one that did not do.
    const bool whileLoading = swapped == 0;
    if (whileLoading) --loaded;
    for (size_t i = 0; i < loaded; ++i) static_cast<void>(wait(host_.unload(added[i].name)));
    for (size_t i = 0; i + 1 < swapped; ++i)
      static_cast<void>(wait(host_.swap(*named(before, changed[i].name), given)));
    loadKinds(removed, removed.size());
    return fail(Status::badRequest("nothing was changed: " + done.error().message));
  }
  host_.setChains(plan.chains);
  host_.setAskPolicies(askPoliciesOf(config));
  std::string line;
  for (const auto& [specs, verb] : {std::pair(&added, "loaded "), {&changed, "changed "}, {&removed, "unloaded "}}) {
    for (const host::PluginSpec& spec : *specs) line += concat(line.empty() ? "" : ", ", verb, spec.name);
  }
  for (const host::PluginSpec& spec : removed) {
    if (!names(spec.roles, "kinds")) static_cast<void>(wait(host_.unload(spec.name)));
  }
  base::setLogLevel(config.log.level);
  if (options_.changed) options_.changed(config);
  for (const std::string& warning : plan.warnings) base::log(base::LogLevel::warn, "config", warning);
  config_ = std::move(config);
  plan_ = std::move(plan);
  if (change.save) CLEAT_TRY(save());
  return line.empty() ? "no plugin is changed" : line;
}

Result<void> PluginOperations::save() {
  CLEAT_TRY(base::Config written, base::loadConfig(options_.configFile));
  std::string text =
      "# Written by `cleat plugin … --save`: read over the configuration at a start and at `cleat reload`. May be removed.\n";
  std::map<std::string, std::string> sections;
  std::vector<List> have = listsOf(config_), had = listsOf(written);
  for (const List& list : have) {
    auto same = std::ranges::find(had, list.key, &List::key);
    if (same != had.end() && same->names == list.names) continue;
    const size_t dot = list.key.find('.');
    sections[list.key.substr(0, dot)] += concat(list.key.substr(dot + 1), " = ", quotedList(list.names), "\n");
  }
  for (const auto& [section, lines] : sections) text += concat("\n[", section, "]\n", lines);
  for (const auto& [name, table] : config_.plugins.tables) {
    auto same = written.plugins.tables.find(name);
    const std::string path = same == written.plugins.tables.end() ? "" : same->second.path;
    if (table.path != path) text += concat("\n[plugins.", name, "]\npath = \"", table.path, "\"\n");
  }
  return writeFile(savedFile(options_.dataDir), text, 0600);
}

}  // namespace cleat::app
