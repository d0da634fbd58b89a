#include "core/app/plugin_operations.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/app/idle_settings.h"
#include "core/app/installation.h"
#include "core/app/pki.h"
#include "core/app/wait.h"
#include "core/base/did_you_mean.h"
#include "core/base/log.h"
#include "core/host/loading/grants.h"

namespace cleat::app {
namespace {

using Names = std::vector<std::string>;
using Specs = std::vector<host::PluginSpec>;

constexpr const char* kNothingChanged = "no plugin is changed";

std::string identity(const host::PluginSpec& spec) {
  std::string text = concat(spec.file, "\n", spec.isolated, spec.privateCopy, "\n");
  for (const std::string& role : spec.roles) text += concat(role, "\n");
  for (const std::string& grant : spec.grants.value_or(Names())) text += concat("grant ", grant, "\n");
  if (spec.grants) text += "no more\n";
  for (const std::string& key : spec.signedBy.value_or(Names())) text += concat("signed ", key, "\n");
  if (spec.signedBy) text += "no others\n";
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

std::unexpected<Status> nothingChanged(const std::string& why) {
  return fail(Status::badRequest(why.starts_with("nothing was changed: ") ? why : "nothing was changed: " + why));
}

}  // namespace

PluginOperations::PluginOperations(host::PluginHost& host, const PluginPlace& place, base::Config config,
                                   PluginPlan plan, Options options)
    : host_(host), place_(place), options_(std::move(options)), have_{std::move(config), {}}, plan_(std::move(plan)) {}

void PluginOperations::setNode(PluginOperations* node) {
  MutexLock lock(mutex_);
  node_ = node;
}

base::Config PluginOperations::effective(const Wanted& wanted) const {
  base::Config config = wanted.config;
  if (options_.safeMode) place_.leaveOthersOut(config, wanted.admitted);
  return config;
}

bool PluginOperations::isLeftOut(const std::string& name) const {
  if (!options_.safeMode) return false;
  base::Config config = have_.config;
  return isListed(place_.leaveOthersOut(config, have_.admitted), name);
}

Result<std::string> PluginOperations::load(const std::string& name, const std::string& file, PluginChange change) {
  MutexLock lock(mutex_);
  CLEAT_TRY(refuseLoaded(name));
  Wanted wanted = have_;
  if (!file.empty()) wanted.config.plugins.tables[name].path = file;
  CLEAT_TRY(auto manifest, findManifest(wanted.config, name));
  CLEAT_TRY(place_.enlist(wanted.config, name, manifest.roles));
  wanted.admitted.insert(name);
  return become(std::move(wanted), change);
}

Status PluginOperations::notThere(const std::string& name) const {
  Names names;
  for (const host::PluginSpec& spec : allOf(plan_)) names.push_back(spec.name);
  Status status = Status::notFound("plugins", name);
  status.message += base::didYouMean(name, names);
  return status;
}

Result<void> PluginOperations::refuseLoaded(const std::string& name) const {
  if (!keepsStore(name) && !named(allOf(plan_), name)) return {};
  return fail(Status::badRequest("plugin " + name + " is loaded already"));
}

Result<std::string> PluginOperations::grantsOf(const std::string& name, const std::string& file) {
  MutexLock lock(mutex_);
  CLEAT_TRY(refuseLoaded(name));
  base::Config config = have_.config;
  if (!file.empty()) config.plugins.tables[name].path = file;
  CLEAT_TRY(const host::Manifest manifest, findManifest(config, name));
  const host::PluginSpec spec = pluginSpec(config, name);
  if (!spec.grants) return manifest.grants;
  return host::narrowGrants(manifest.grants, *spec.grants);
}

Result<std::string> PluginOperations::unload(const std::string& name, PluginChange change) {
  MutexLock lock(mutex_);
  if (keepsStore(name)) {
    return fail(Status::badRequest(concat("plugin ", name, " keeps the store: to be without it takes a restart")));
  }
  const bool leftOut = !named(allOf(plan_), name);
  if (leftOut && !isLeftOut(name)) return fail(notThere(name));
  if (leftOut && !change.save) {
    return nothingChanged(concat("plugin ", name, " does not run, as safe mode leaves it out: --save takes it out for ",
                                 "later starts too"));
  }
  Wanted wanted = have_;
  CLEAT_TRY(place_.takeOut(wanted.config, name));
  wanted.admitted.erase(name);
  CLEAT_TRY(const std::string done, become(std::move(wanted), change));
  return leftOut ? concat(name, ", which safe mode has left out, is in no list any more") : done;
}

Result<std::string> PluginOperations::swap(const std::string& name, const std::string& file, PluginChange change) {
  MutexLock lock(mutex_);
  if (!keepsStore(name) && !named(allOf(plan_), name)) return fail(notThere(name));
  Wanted wanted = have_;
  wanted.config.plugins.tables[name].path = file;
  wanted.admitted.insert(name);
  CLEAT_TRY(PluginPlan plan, place_.plan(effective(wanted)));
  const Specs specs = allOf(plan);
  const host::PluginSpec& spec = keepsStore(name) ? *plan.engine : *named(specs, name);
  // In any case: the file may be another one under the same name.
  host::PluginHost& host = keepsStore(name) ? *options_.engine : host_;
  CLEAT_TRY(
      wait(host.swap(spec, change.grant ? host::PluginHost::NewGrants::given : host::PluginHost::NewGrants::refused)));
  have_ = std::move(wanted);
  plan_ = std::move(plan);
  return saved(concat(name, " now runs from ", file), change);
}

Result<PluginOperations::Wanted> PluginOperations::readAgain() const {
  Wanted wanted{{}, have_.admitted};
  auto read = loadWholeConfig(options_.sources);
  if (!read) return nothingChanged(read.error().message);
  wanted.config = std::move(*read);
  const std::string what = place_.needsStart(have_.config, wanted.config);
  if (what.empty()) return wanted;
  return nothingChanged(concat(what, " takes a restart of the program"));
}

Result<void> PluginOperations::mayReload() {
  MutexLock lock(mutex_);
  CLEAT_TRY(const Wanted wanted, readAgain());
  CLEAT_TRY(place_.plan(effective(wanted)));
  return {};
}

Result<std::string> PluginOperations::reload(PluginChange change) {
  MutexLock lock(mutex_);
  CLEAT_TRY(Wanted wanted, readAgain());
  if (!node_) return become(std::move(wanted), change);
  CLEAT_TRY(node_->mayReload());
  const Wanted before = have_;
  CLEAT_TRY(const std::string here, become(std::move(wanted), change));
  const Result<std::string> there = node_->reload(change);
  if (!there) {
    static_cast<void>(become(before, {.grant = true}));
    return fail(there.error());
  }
  if (*there == kNothingChanged) return here;
  return concat(here == kNothingChanged ? "" : here + "; ", "of the node: ", *there);
}

// Those that leave before others come; where one of them has to stay, all do.
Result<void> PluginOperations::unloadFirst(const Specs& removed) {
  for (size_t i = 0; i < removed.size(); ++i) {
    if (!place_.leavesFirst(removed[i])) continue;
    if (auto gone = wait(host_.unload(removed[i].name)); !gone) {
      putBack(removed, i);
      return nothingChanged(gone.error().message);
    }
  }
  return {};
}

// The first so many of them.
void PluginOperations::putBack(const Specs& removed, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (place_.leavesFirst(removed[i])) static_cast<void>(wait(host_.load(removed[i])));
  }
}

std::string PluginOperations::Difference::text() const {
  std::string line;
  for (const auto& [specs, verb] : {std::pair(&added, "loaded "), {&changed, "changed "}, {&removed, "unloaded "}}) {
    for (const host::PluginSpec& spec : *specs) line += concat(line.empty() ? "" : ", ", verb, spec.name);
  }
  return line;
}

Result<PluginOperations::Difference> PluginOperations::differenceTo(const PluginPlan& plan) const {
  const Specs before = allOf(plan_), now = allOf(plan);
  Difference difference;
  for (const host::PluginSpec& spec : now) {
    const host::PluginSpec* had = named(before, spec.name);
    if (had && identity(*had) == identity(spec)) continue;
    (had ? difference.changed : difference.added).push_back(spec);
    if (auto why = plan.broken.find(spec.name); why != plan.broken.end()) return nothingChanged(why->second);
  }
  for (const host::PluginSpec& spec : before) {
    if (named(now, spec.name)) continue;
    if (isListed(spec.roles, "kinds") && isOurs(spec.file)) {
      return nothingChanged(concat("plugin ", spec.name, " brings kinds of Kubernetes' own, which others rely on: to ",
                                   "be without them takes a restart of the program"));
    }
    difference.removed.push_back(spec);
  }
  return difference;
}

// All of it, or nothing.
Result<void> PluginOperations::carryOut(const Difference& difference, const PluginChange& change) {
  using enum host::PluginHost::NewGrants;
  const auto& [added, changed, removed] = difference;
  size_t loaded = 0, swapped = 0;
  CLEAT_TRY(unloadFirst(removed));
  Result<void> done;
  for (; done && loaded < added.size(); ++loaded) done = wait(host_.load(added[loaded]));
  for (; done && swapped < changed.size(); ++swapped) {
    done = wait(host_.swap(changed[swapped], change.grant ? given : refused));
  }
  if (!done) {
    // The last of either is the one that did not do.
    const bool whileLoading = swapped == 0;
    if (whileLoading) --loaded;
    const Specs before = allOf(plan_);
    for (size_t i = 0; i < loaded; ++i) static_cast<void>(wait(host_.unload(added[i].name)));
    for (size_t i = 0; i + 1 < swapped; ++i)
      static_cast<void>(wait(host_.swap(*named(before, changed[i].name), given)));
    putBack(removed, removed.size());
    return nothingChanged(done.error().message);
  }
  for (const host::PluginSpec& spec : removed) {
    if (!place_.leavesFirst(spec)) static_cast<void>(wait(host_.unload(spec.name)));
  }
  return {};
}

Result<std::string> PluginOperations::become(Wanted wanted, const PluginChange& change) {
  const base::Config config = effective(wanted);
  auto planned = place_.plan(config);
  if (!planned) return nothingChanged(planned.error().message);
  PluginPlan& plan = *planned;
  CLEAT_TRY(const Difference difference, differenceTo(plan));
  CLEAT_TRY(place_.mayBecome(effective(have_), config));
  CLEAT_TRY(carryOut(difference, change));
  host_.setChains(plan.chains);
  host_.setAskPolicies(askPoliciesOf(config));
  base::setLogLevel(config.log.level);
  for (const auto& warnings : {plan.warnings, idleSettings(config)}) {
    for (const std::string& warning : warnings) base::log(base::LogLevel::warn, "config", warning);
  }
  have_ = std::move(wanted);
  plan_ = std::move(plan);
  const std::string text = difference.text();
  return saved(text.empty() ? kNothingChanged : text, change);
}

Result<std::string> PluginOperations::saved(std::string done, const PluginChange& change) {
  if (!change.save) return done;
  if (auto written = save(); !written) {
    return fail(
        Status::internal(concat(done, ", until the next start: it cannot be saved: ", written.error().message)));
  }
  return done;
}

Result<void> PluginOperations::save() {
  CLEAT_TRY(const base::Config below, loadConfigBelowSaved(options_.sources));
  const std::string text = concat(
      "# Written by `cleat plugin … --save`: read over the configuration at a start and at `cleat reload`. May be removed.\n",
      tomlOver(place_, below, have_.config));
  return writeFile(savedFile(options_.sources.folders.back()), text, 0600);
}

}  // namespace cleat::app
