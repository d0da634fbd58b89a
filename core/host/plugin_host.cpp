#include "core/host/plugin_host.h"

#include <cleat/sdk/mutex.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <future>

#include "core/base/log.h"
#include "core/host/plugin_host_state.h"

namespace cleat::host {
namespace {

// It may be asked of a server that does not answer.
constexpr auto kRequestsEndWithin = std::chrono::seconds(2);

uint64_t residentBytesOf(int process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/statm");
  uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

PluginHost::PluginHost(base::Executor& executor, object::KindRegistry& kinds, HostOptions options)
    : state_(std::make_shared<State>(executor, kinds, std::move(options))) {
  state_->begin();
}

PluginHost::~PluginHost() {
  MutexLock lock(state_->mutex);
  state_->stopping = true;
}

void PluginHost::setCluster(bus::Cluster& cluster) { state_->services->cluster = &cluster; }

void PluginHost::allowOffers(std::function<Result<void>()> adopt) { state_->services->adoptKinds = std::move(adopt); }

Task<void> PluginHost::stop() {
  auto state = state_;
  std::vector<std::shared_ptr<Entry>> entries;
  std::vector<std::shared_ptr<Instance>> starting;
  {
    MutexLock lock(state->mutex);
    state->stopping = true;
    entries = state->entries;
    for (const auto& entry : entries) {
      state->services->executor.machine().cancelTimer(entry->restartTimer);
      if (auto instance = entry->starting.lock()) starting.push_back(std::move(instance));
    }
  }
  for (const auto& instance : starting) instance->giveUp();
  for (auto next = entries.rbegin(); next != entries.rend(); ++next) {
    std::shared_ptr<Instance> instance;
    {
      MutexLock lock(state->mutex);
      (*next)->state = Entry::State::stopped;
      instance = std::move((*next)->instance);
      (*next)->instance = nullptr;
    }
    if (instance) co_await instance->stop();
  }
  // So that no plugin's process outlives the executor.
  co_await state->starts->none();
  // What plugins have asked for uses the cluster, which may go as soon as this has returned.
  const bool ended = co_await state->services->requests->none(kRequestsEndWithin);
  if (!ended) {
    base::log(base::LogLevel::warn, "host", "what plugins had asked for did not end when they were stopped");
  }
}

std::vector<std::string> PluginHost::chain(std::string_view role) const { return state_->chain(role); }

uint64_t PluginHost::generation() const { return state_->generation(); }

Ref<const Message> PluginHost::interests(const std::string& plugin) const { return state_->interests(plugin); }

Task<RoleAnswer> PluginHost::call(std::string_view plugin, RoleCall call) {
  return state_->call(plugin, std::move(call));
}

Task<RoleAnswer> PluginHost::callRole(RoleCall call) { return state_->callRole(std::move(call)); }

void PluginHost::setReport(const std::string& plugin, std::string message) {
  state_->services->noteReport(plugin, std::move(message));
}

std::string PluginHost::publishedMetrics(std::string_view before) const {
  return state_->services->published.text(before);
}

void PluginHost::measure() const {
  for (const PluginHealth& plugin : health()) {
    if (!plugin.isolated) continue;
    state_->metrics
        .gauge("cleat_plugin_resident_bytes", "Memory of an isolated plugin's process.", {{"plugin", plugin.name}})
        .set(static_cast<int64_t>(plugin.residentBytes));
  }
}

PluginHost::AllAtRest PluginHost::setClocks(std::chrono::nanoseconds most) {
  struct Asked {
    std::string plugin;
    std::future<AtRest> atRest;
  };
  std::vector<std::pair<std::string, std::shared_ptr<Instance>>> instances;
  {
    ReaderLock lock(state_->mutex);
    for (const auto& entry : state_->entries) {
      if (entry->instance && entry->spec.isolated) instances.emplace_back(entry->name, entry->instance);
    }
  }
  std::vector<Asked> asked;
  for (const auto& [plugin, instance] : instances) {
    auto promise = std::make_shared<std::promise<AtRest>>();
    asked.push_back({plugin, promise->get_future()});
    instance->setClock([promise](AtRest atRest) { promise->set_value(atRest); });
  }
  AllAtRest found;
  const auto until = std::chrono::steady_clock::now() + most;
  for (Asked& one : asked) {
    if (one.atRest.wait_until(until) != std::future_status::ready) {
      found.restless.push_back(std::move(one.plugin));
      continue;
    }
    const AtRest atRest = one.atRest.get();
    found.all.nextTimer = std::min(found.all.nextTimer, atRest.nextTimer);
    found.all.frames += atRest.frames;
  }
  return found;
}

std::vector<PluginHealth> PluginHost::health() const {
  std::vector<PluginHealth> all;
  ReaderLock lock(state_->mutex);
  for (const auto& entry : state_->entries) {
    PluginHealth health;
    health.name = entry->name;
    health.version = entry->manifest.version;
    health.maturity = entry->manifest.maturity;
    health.file = entry->spec.file;
    health.grants = entry->manifest.grants;
    health.roles = entry->spec.roles;
    health.isolated = entry->spec.isolated;
    health.state = Entry::stateName(entry->state);
    health.message = entry->message.empty() ? entry->selfReport : entry->message;
    health.restarts = entry->restarts;
    if (entry->state == Entry::State::running && entry->activity && entry->activity->stuck()) {
      health.state = "stuck";
      health.message = "a callback does not return";
    }
    if (entry->instance) {
      health.processId = entry->instance->processId().value_or(0);
      health.lacks = entry->instance->lacks();
    }
    health.confined = entry->spec.confinement.has_value();
    if (health.processId > 0) health.residentBytes = residentBytesOf(health.processId);
    if (entry->stuck) {
      health.state = "stuck";
      health.message = entry->message;
    } else if (health.message.empty() && !health.lacks.empty()) {
      health.message = "less confined than it should be, without " + health.lacks;
    }
    all.push_back(std::move(health));
  }
  return all;
}

}  // namespace cleat::host
