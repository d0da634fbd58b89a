// How plugins come into a PluginHost, are replaced and leave it.
#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/base/log.h"
#include "core/host/loading/grants.h"
#include "core/host/plugin_host_state.h"

namespace cleat::host {

Result<PluginHost::State::EntryRef> PluginHost::State::enter(PluginSpec& spec, Manifest manifest) {
  if (spec.roles.empty()) spec.roles = manifest.roles;
  auto entry = std::make_shared<Entry>(Entry{.name = spec.name, .spec = spec, .manifest = std::move(manifest)});
  MutexLock lock(mutex);
  if (stopping) return fail(Status::unavailable("the host is stopping"));
  if (!byName.emplace(spec.name, entry).second) {
    return fail(Status::badRequest("plugin " + spec.name + " is loaded already"));
  }
  entries.push_back(entry);
  changed();
  return entry;
}

void PluginHost::State::leave(const EntryRef& entry) {
  MutexLock lock(mutex);
  services->executor.machine().cancelTimer(entry->restartTimer);
  entry->state = Entry::State::stopped;
  std::erase(entries, entry);
  auto found = byName.find(entry->name);
  if (found != byName.end() && found->second == entry) byName.erase(found);
  changed();
}

Task<Result<void>> PluginHost::load(PluginSpec spec) {
  auto state = state_;
  CLEAT_CO_TRY(auto manifest, state->examine(spec));
  CLEAT_CO_TRY(auto entry, state->enter(spec, manifest));
  auto launched = co_await state->launch(entry, std::move(spec), std::move(manifest));
  if (!launched) {
    state->leave(entry);
    co_return fail(launched.error());
  }
  const bool kinds = static_cast<bool>(launched->description);
  state->install(entry, std::move(*launched));
  if (kinds) co_return state->adopt();
  co_return Result<void>();
}

Task<Result<void>> PluginHost::loadOrRetry(PluginSpec spec) {
  auto state = state_;
  if (auto read = state->readSigned(spec); !read) {
    Manifest unknown;
    unknown.name = spec.name;
    CLEAT_CO_TRY(auto entry, state->enter(spec, std::move(unknown)));
    state->notice(spec.name, "FailedToStart", read.error().message);
    state->restartLater(entry, read.error().message);
    co_return Result<void>();
  }
  CLEAT_CO_TRY(auto manifest, state->examine(spec));
  CLEAT_CO_TRY(auto entry, state->enter(spec, manifest));
  const UnderWay::One starting(state->starts);
  auto launched = co_await state->launch(entry, spec, std::move(manifest));
  // Nobody need have waited for it meanwhile.
  if (launched && state->isTooLateFor(entry)) {
    co_await launched->instance->stop();
  } else if (launched) {
    state->install(entry, std::move(*launched));
  } else {
    state->notice(spec.name, "FailedToStart", launched.error().message);
    state->restartLater(entry, launched.error().message);
  }
  co_return Result<void>();
}

Result<Manifest> PluginHost::State::asAllowedBefore(const EntryRef& entry, Manifest manifest) const {
  ReaderLock lock(mutex);
  // What it was to be allowed is not known of one whose file was none.
  if (entry->manifest.roles.empty()) return manifest;
  const std::string more = grantsBeyond(entry->manifest.grants, manifest.grants);
  if (more.empty()) return manifest;
  return fail(Status::forbidden(concat(
      "its file is version ", manifest.version, " by now, which asks to be allowed more than the one that ran: ", more,
      "; `cleat plugin swap ", manifest.name, " ", entry->spec.file, " --grant` allows it")));
}

bool PluginHost::State::isTooLateFor(const EntryRef& entry) const {
  ReaderLock lock(mutex);
  return stopping || entry->instance || entry->state == Entry::State::stopped;
}

Task<Result<void>> PluginHost::unload(std::string name) {
  auto state = state_;
  auto entry = state->find(name);
  if (!entry) co_return fail(Status::notFound("plugins", name));
  std::shared_ptr<Instance> instance;
  bool kinds = false;
  {
    ReaderLock lock(state->mutex);
    if (!entry->swapping) kinds = static_cast<bool>(entry->description);
  }
  // Nobody asks for them any more before whoever answers for them goes; their objects stay on the disk.
  if (kinds) {
    CLEAT_CO_TRY(state->services->kinds.remove(name));
    if (auto adopted = state->adopt(); !adopted) base::log(base::LogLevel::error, name, adopted.error().message);
  }
  {
    MutexLock lock(state->mutex);
    if (entry->swapping) co_return fail(Status::conflict("plugins", name, "it is being swapped"));
    instance = std::move(entry->instance);
    entry->instance = nullptr;
  }
  state->leave(entry);
  state->services->published.forget(name);
  base::log(base::LogLevel::info, "host", "plugin " + name + ": unloaded");
  if (instance) {
    co_await instance->drain();
    co_await instance->stop();
  }
  co_return Result<void>();
}

Task<Result<void>> PluginHost::swap(PluginSpec spec, NewGrants grants) {
  auto state = state_;
  auto entry = state->find(spec.name);
  if (!entry) co_return fail(Status::notFound("plugins", spec.name));
  {
    MutexLock lock(state->mutex);
    if (entry->swapping) co_return fail(Status::conflict("plugins", spec.name, "it is being swapped already"));
    entry->swapping = true;
    if (spec.roles.empty()) spec.roles = entry->spec.roles;
  }
  Result<void> result = co_await state->replace(entry, spec, grants == NewGrants::given);
  MutexLock lock(state->mutex);
  entry->swapping = false;
  co_return result;
}

Task<Result<void>> PluginHost::State::replace(EntryRef entry, PluginSpec spec, bool grant) {
  auto self = shared_from_this();
  CLEAT_CO_TRY(auto manifest, examine(spec));
  std::string more;
  {
    ReaderLock lock(mutex);
    more = grantsBeyond(entry->manifest.grants, manifest.grants);
  }
  if (!more.empty() && !grant) {
    co_return fail(
        Status::forbidden(concat("plugin ", spec.name, " ", manifest.version,
                                 " asks to be allowed more than the one that runs: ", more, "; --grant allows it")));
  }
  CLEAT_CO_TRY(auto launched, co_await launch(entry, spec, manifest, Launch::besideAnother));
  auto fresh = launched.instance;
  {
    MutexLock lock(mutex);
    entry->spec = spec;
    entry->manifest = manifest;
  }
  auto before = install(entry, std::move(launched));
  base::log(base::LogLevel::info, "host",
            concat("plugin ", spec.name, ": swapped to ", manifest.version, " from ", spec.file));
  if (before) {
    co_await before->drain();
    co_await before->stop();
  }
  // From here on the new one is the only one that acts.
  fresh->letWrite();
  co_return Result<void>();
}

Task<Result<void>> PluginHost::swap(std::string name, std::string file) {
  std::optional<PluginSpec> spec = specOf(name);
  if (!spec) co_return fail(Status::notFound("plugins", name));
  spec->file = std::move(file);
  co_return co_await swap(std::move(*spec), NewGrants::refused);
}

std::optional<PluginSpec> PluginHost::specOf(std::string_view name) const {
  auto entry = state_->find(name);
  if (!entry) return std::nullopt;
  ReaderLock lock(state_->mutex);
  return entry->spec;
}

void PluginHost::setChains(std::map<std::string, std::vector<std::string>, std::less<>> chains) {
  MutexLock lock(state_->mutex);
  state_->options.chains = std::move(chains);
  state_->changed();
}

void PluginHost::setAskPolicies(AskPolicies policies) {
  MutexLock lock(state_->mutex);
  state_->options.askPolicies = std::move(policies);
}

}  // namespace cleat::host
