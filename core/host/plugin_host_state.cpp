#include "core/host/plugin_host_state.h"

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text.h>
#include <kj/exception.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/base/log.h"
#include "core/host/in_process_link.h"
#include "core/host/isolation/child_link.h"
#include "core/host/loading/companions.h"
#include "core/host/loading/grants.h"
#include "core/host/loading/library.h"
#include "core/host/loading/signature.h"
#include "core/host/role_interfaces.h"

namespace cleat::host {
namespace {

constexpr nanoseconds kTroublesApart = std::chrono::minutes(1);

Result<void> makeFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(folder).parent_path(), error);
  if (mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail(Status::internal("cannot make the folder " + folder + ": " + std::strerror(errno)));
}

bool sameWords(const Message& a, const Message& b) { return std::ranges::equal(a.words(), b.words()); }

// Of one from elsewhere: what it is and what it may, before any of it runs.
std::string introduction(const PluginSpec& spec, const Manifest& manifest) {
  const char* where = !spec.isolated     ? "in this process"
                      : spec.confinement ? "in a process of its own that is confined"
                                         : "in a process of its own that is not confined";
  std::string grants = grantsBeyond("", manifest.grants);
  return concat("plugin ", spec.name, ": version ", manifest.version, " from ", spec.file, ", ", where,
                "; it is allowed: ", grants.empty() ? "nothing" : grants);
}

Task<RoleAnswer> stoppedCall() { co_return answerOf(CLEAT_RETRY, Status::unavailable("the host has stopped")); }

}  // namespace

std::string roundedSeconds(int64_t nanoseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(nanoseconds) / 1e9);
  return text;
}

PluginHost::State::State(base::Executor& executor, object::KindRegistry& kinds, HostOptions given)
    : options(std::move(given)), metrics(options.metrics ? *options.metrics : ownMetrics),
      services(new HostServices{executor, kinds, metrics, options.limits, nullptr, nullptr, {}, {}, {}, {}, {}}),
      starts(std::make_shared<UnderWay>(executor)) {}

void PluginHost::State::begin() {
  auto weak = weak_from_this();
  services->watchdog = std::make_shared<Watchdog>(services->executor.machine(), options.limits.callback,
                                                  [weak](const Watchdog::Report& report) {
                                                    if (auto state = weak.lock()) state->report(report);
                                                  });
  services->callRole = [weak](RoleCall call) {
    auto state = weak.lock();
    return state ? state->callRole(std::move(call)) : stoppedCall();
  };
  services->fillersOf = [weak](uint64_t interfaceId) {
    auto state = weak.lock();
    const std::string_view role = roleOf({interfaceId, 0});
    return state && !role.empty() ? state->chain(role) : std::vector<std::string>();
  };
  services->callFiller = [weak](std::string plugin, RoleCall call) {
    auto state = weak.lock();
    return state ? state->callFiller(std::move(plugin), std::move(call)) : stoppedCall();
  };
  services->describePlugins = [weak]() -> Ref<const Message> {
    auto state = weak.lock();
    return state ? state->describePlugins() : emptyMessage();
  };
  services->noteReport = [weak](const std::string& plugin, std::string message) {
    auto state = weak.lock();
    EntryRef entry = state ? state->find(plugin) : nullptr;
    if (!entry) return;
    MutexLock lock(state->mutex);
    entry->selfReport = std::move(message);
  };
  services->noteTrouble = [weak](const std::string& plugin, const char* reason, const std::string& message) {
    if (auto state = weak.lock()) state->trouble(plugin, reason, message);
  };
  services->wantsChanged = [weak] {
    if (auto state = weak.lock()) state->changed();
  };
  services->hasRole = [weak](const std::string& plugin, std::string_view role) {
    auto state = weak.lock();
    EntryRef entry = state ? state->find(plugin) : nullptr;
    if (!entry) return false;
    ReaderLock lock(state->mutex);
    return entry->fills(role);
  };
}

base::Counter& PluginHost::State::counter(const char* name, const char* help, const std::string& plugin) {
  return metrics.counter(name, help, {{"plugin", plugin}});
}

void PluginHost::State::report(const Watchdog::Report& report) {
  std::string what = std::string("a callback (") + report.what + ") ";
  if (report.returned) {
    base::log(base::LogLevel::warn, report.plugin, what + "has returned after " + roundedSeconds(report.nanoseconds));
    return;
  }
  what += "has not returned for " + roundedSeconds(report.nanoseconds);
  base::log(base::LogLevel::error, report.plugin, what);
  counter("cleat_plugin_stuck_total", "Callbacks that did not return in time.", report.plugin).add();
  trouble(report.plugin, "Stuck", what);
  services->executor.threadLost();
}

PluginHost::State::EntryRef PluginHost::State::find(std::string_view name) const {
  ReaderLock lock(mutex);
  auto found = byName.find(name);
  return found == byName.end() ? nullptr : found->second;
}

Result<Manifest> PluginHost::State::readSigned(const PluginSpec& spec) const {
  CLEAT_TRY(auto manifest, readManifest(spec.file));
  if (spec.signedBy) {
    if (auto good = verifyPlugin(spec.file, *spec.signedBy); !good) {
      return fail(Status::forbidden("plugins.require_signature: " + good.error().message));
    }
  }
  return manifest;
}

Result<Manifest> PluginHost::State::examine(const PluginSpec& spec) const {
  CLEAT_TRY(auto manifest, readSigned(spec));
  if (manifest.name != spec.name) {
    return fail(Status::badRequest(spec.file + ": is the plugin " + manifest.name + ", not " + spec.name));
  }
  for (const std::string& role : spec.roles) {
    if (!manifest.fills(role)) {
      return fail(Status::badRequest("plugin " + spec.name + " does not fill the role " + role +
                                     "; it fills: " + joined(manifest.roles, " ")));
    }
  }
  CLEAT_TRY(checkSettings(manifest, spec.settings));
  if (spec.grants) {
    auto left = narrowGrants(manifest.grants, *spec.grants);
    if (!left) return fail(Status::badRequest(concat("plugins.", spec.name, ".grants: ", left.error().message)));
    manifest.grants = std::move(*left);
  }
  CLEAT_TRY(fitsProgram(spec.file));
  CLEAT_TRY(auto carried, readInterfaces(spec.file));
  CLEAT_TRY(learnInterfaces(carried, spec.file));
  return manifest;
}

Result<std::shared_ptr<Link>> PluginHost::State::makeLink(const PluginSpec& spec, const Manifest& manifest,
                                                          std::shared_ptr<Instance> instance,
                                                          std::shared_ptr<Activity> activity) {
  if (spec.isolated) {
    ChildOptions child{options.program, spec.name, spec.file, options.limits.callback, spec.confinement};
    if (child.confinement) child.confinement->stateFolder = dataDirOf(spec.name);
    return makeChildLink(services->executor, std::move(child), std::move(instance));
  }
  CLEAT_TRY(auto plugin, loadLibrary(spec.file, manifest, spec.privateCopy ? Loading::privateCopy : Loading::file));
  auto link = std::make_shared<InProcessLink>(services->executor, *plugin, manifest, std::move(activity));
  link->setUser(std::move(instance));
  return link;
}

Task<Result<PluginHost::State::Launched>> PluginHost::State::launch(EntryRef entry, PluginSpec spec, Manifest manifest,
                                                                    Launch how) {
  auto self = shared_from_this();
  CLEAT_CO_TRY(makeFolder(dataDirOf(spec.name)));
  if (spec.privateCopy) base::log(base::LogLevel::info, "host", introduction(spec, manifest));
  services->noteReport(spec.name, "");
  Launched launched;
  launched.instance = std::make_shared<Instance>(services, manifest);
  {
    MutexLock lock(mutex);
    entry->starting = launched.instance;
  }
  if (how == Launch::besideAnother) launched.instance->holdWrites();
  launched.activity = services->watchdog->watch(spec.name, counter(kBusyMetric, kBusyHelp, spec.name));
  CLEAT_CO_TRY(auto link, makeLink(spec, manifest, launched.instance, launched.activity));
  std::weak_ptr<Instance> weakInstance = launched.instance;
  launched.instance->attach(
      link,
      [weak = weak_from_this(), entry, weakInstance](const std::string& why) {
        auto state = weak.lock();
        auto instance = weakInstance.lock();
        if (state && instance) state->gone(entry, instance, why);
      },
      [weak = weak_from_this(), entry](const std::string& why) {
        if (auto state = weak.lock()) state->stuck(entry, why);
      });

  Installation told = options.installation;
  // Where the keys are is nothing that a confined one could make use of.
  if (spec.confinement) told.caFile = told.pkiDir = told.certFile = told.keyFile = "";
  Ref<const Message> config = makePluginConfig(manifest, spec.settings, dataDirOf(spec.name), told);
  CLEAT_CO_TRY(co_await launched.instance->start(config));
  auto introduced = co_await introduce(entry, manifest, launched);
  if (!introduced) {
    co_await launched.instance->stop();
    co_return fail(introduced.error());
  }
  co_return launched;
}

Task<Result<void>> PluginHost::State::introduce(EntryRef entry, Manifest manifest, Launched& launched) {
  int64_t limit = options.limits.start.count();
  bool bringsKinds, admits;
  Ref<const Message> before;
  {
    ReaderLock lock(mutex);
    bringsKinds = entry->fills("kinds");
    admits = entry->fills("admission");
    before = entry->description;
  }
  if (bringsKinds) {
    RoleCall call{role::kinds::describe, emptyMessage(), {}, limit};
    RoleAnswer answer = co_await launched.instance->call(std::move(call));
    if (answer.status != CLEAT_OK) co_return fail(*answer.error);
    launched.description = answer.message;
    if (!before) {
      Result<void> added;
      try {
        added = services->kinds.add(manifest.name, answer.message->root<role::KindsDescription>());
      } catch (const kj::Exception& error) {
        added = fail(Status::badRequest(error.getDescription().cStr()));
      }
      if (!added) {
        co_return fail(Status::badRequest("plugin " + manifest.name +
                                          ": its kinds cannot be registered: " + added.error().message));
      }
    } else if (!sameWords(*before, *answer.message)) {
      co_return fail(Status::badRequest("plugin " + manifest.name +
                                        " describes other kinds than before: that takes a restart of the program"));
    }
  }
  if (admits) {
    RoleCall call{role::admission::interests, emptyMessage(), {}, limit};
    RoleAnswer answer = co_await launched.instance->call(std::move(call));
    if (answer.status != CLEAT_OK) co_return fail(*answer.error);
    launched.interests = answer.message;
  }
  co_return Result<void>();
}

std::shared_ptr<Instance> PluginHost::State::install(const EntryRef& entry, Launched launched) {
  std::shared_ptr<Instance> before, installed = launched.instance;
  {
    MutexLock lock(mutex);
    before = std::exchange(entry->instance, std::move(launched.instance));
    entry->activity = std::move(launched.activity);
    if (launched.description) entry->description = std::move(launched.description);
    if (launched.interests) entry->interests = std::move(launched.interests);
    changed();
    services->executor.machine().cancelTimer(entry->restartTimer);
    entry->state = Entry::State::running;
    entry->message.clear();
    entry->runningSince = services->executor.machine().now();
  }
  // It may have crashed before it was the entry's.
  if (!installed->ready()) gone(entry, installed, "it ended as soon as it was ready");
  return before;
}

void PluginHost::State::notice(const std::string& plugin, const char* reason, const std::string& message,
                               bool warning) const {
  if (options.notice) options.notice({plugin, reason, message, warning});
}

void PluginHost::State::trouble(const std::string& plugin, const char* reason, const std::string& message) {
  {
    MutexLock lock(troublesMutex);
    const int64_t now = services->executor.machine().now();
    auto [told, isFirst] = troubles.try_emplace({plugin, reason}, now);
    if (!isFirst && now - told->second < kTroublesApart.count()) return;
    told->second = now;
  }
  notice(plugin, reason, message);
}

void PluginHost::State::stuck(const EntryRef& entry, const std::string& why) {
  {
    MutexLock lock(mutex);
    entry->stuck = true;
    entry->message = why;
  }
  base::log(base::LogLevel::error, entry->name, why + "; it is ended");
  counter("cleat_plugin_stuck_total", "Callbacks that did not return in time.", entry->name).add();
  notice(entry->name, "Stuck", why);
}

void PluginHost::State::gone(const EntryRef& entry, const std::shared_ptr<Instance>& instance, const std::string& why) {
  {
    MutexLock lock(mutex);
    entry->stuck = false;
    if (stopping || entry->instance != instance) return;
    entry->instance = nullptr;
    changed();
  }
  notice(entry->name, "Crashed", why);
  counter("cleat_plugin_crashes_total", "How often an isolated plugin's process ended by itself.", entry->name).add();
  restartLater(entry, why);
}

void PluginHost::State::restartLater(const EntryRef& entry, const std::string& why) {
  nanoseconds delay;
  {
    MutexLock lock(mutex);
    if (stopping || entry->instance) return;
    const HostLimits& limits = options.limits;
    base::Executor& machine = services->executor.machine();
    bool ranLong = entry->runningSince > 0 && machine.now() - entry->runningSince >= limits.restartForget.count();
    if (ranLong || entry->nextDelay == nanoseconds(0)) entry->nextDelay = limits.restartFirst;
    delay = entry->nextDelay;
    entry->nextDelay = std::min(2 * delay, limits.restartMost);
    entry->runningSince = 0;
    entry->state = Entry::State::restarting;
    entry->message = why;
    entry->restartTimer = machine.after(delay, [self = shared_from_this(), entry] { spawn(self->restart(entry)); });
  }
  base::log(base::LogLevel::error, entry->name, why + "; it is started again in " + roundedSeconds(delay.count()));
}

Task<void> PluginHost::State::restart(EntryRef entry) {
  auto self = shared_from_this();
  PluginSpec spec;
  {
    MutexLock lock(mutex);
    if (stopping || entry->instance || entry->state != Entry::State::restarting) co_return;
    spec = entry->spec;
    ++entry->restarts;
  }
  const UnderWay::One starting(starts);
  counter("cleat_plugin_restarts_total", "How often a plugin was started again.", spec.name).add();
  auto manifest = examine(spec);
  if (manifest) manifest = asAllowedBefore(entry, std::move(*manifest));
  if (!manifest) co_return restartLater(entry, manifest.error().message);
  auto launched = co_await launch(entry, spec, *manifest);
  if (!launched) co_return restartLater(entry, launched.error().message);
  if (isTooLateFor(entry)) {
    co_await launched->instance->stop();
    co_return;
  }
  bool fresh;
  std::string what = "it runs again";
  {
    MutexLock lock(mutex);
    fresh = launched->description && !entry->description;
    const std::string& before = entry->manifest.version;
    if (!before.empty() && before != manifest->version) what += concat(", as version ", manifest->version);
    entry->manifest = *manifest;
  }
  install(entry, std::move(*launched));
  if (fresh) {
    if (auto adopted = adopt(); !adopted) base::log(base::LogLevel::error, spec.name, adopted.error().message);
  }
  base::log(base::LogLevel::info, spec.name, what);
  notice(spec.name, "Restarted", what, false);
}

Ref<const Message> PluginHost::State::describePlugins() const {
  return makeMessage<wire::PluginsResults>([&](wire::PluginsResults::Builder results) {
    ReaderLock lock(mutex);
    auto list = results.initPlugins(static_cast<unsigned>(entries.size()));
    for (unsigned i = 0; i < entries.size(); ++i) {
      const Entry& entry = *entries[i];
      list[i].setName(entry.name);
      list[i].setVersion(entry.manifest.version);
      setTexts(list[i].initRoles(static_cast<unsigned>(entry.spec.roles.size())), entry.spec.roles);
      list[i].setUser("system:plugin:" + entry.name);
      list[i].setGrants(entry.manifest.grants);
    }
  });
}

}  // namespace cleat::host
