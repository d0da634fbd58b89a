#include "core/app/attach/attached_plugin.h"

#include <cleat/sdk/text.h>

#include "core/base/log.h"

namespace cleat::app {

AttachedPlugin::AttachedPlugin(const Surroundings& around, host::PluginSpec spec,
                               std::optional<LeaderLeaseOptions> lease)
    : around_(around), spec_(std::move(spec)),
      fence_(std::make_shared<FencedClient>(around.executor, around.server,
                                            concat("this process does not lead ", spec_.name, ": nothing is written"))),
      cluster_(around.executor, around.kinds, around.mirror, fence_),
      leading_(around.metrics.gauge("leader_election_master_status",
                                    "Whether this process holds the lease of that name: 1, or 0.",
                                    {{"name", lease ? lease->name : spec_.name}})) {
  if (!lease) return;
  lease_.emplace(around.executor, around.server, std::move(*lease), [this](int64_t began) { renewed(began); });
}

void AttachedPlugin::begin() {
  {
    MutexLock lock(mutex_);
    begun_ = true;
  }
  spawn(run(shared_from_this()));
}

Task<void> AttachedPlugin::run(std::shared_ptr<AttachedPlugin> self) {
  if (self->lease_) {
    for (bool goesOn = true; goesOn;) {
      const bool acquired = co_await self->lease_->acquire();
      if (!acquired) break;
      goesOn = co_await self->lead();
    }
  } else {
    self->fence_->open(FencedClient::kForEver);
    co_await self->lead();
  }
  self->ended_.complete(true);
}

// From one to the next loss of leadership. False when it is not to be tried again.
Task<bool> AttachedPlugin::lead() {
  leading_.set(1);
  auto host = std::make_shared<host::PluginHost>(around_.executor, around_.kinds, around_.hostOptions);
  host->setCluster(cluster_);
  setHost(host);
  Result<void> loaded = co_await host->load(spec_);
  if (loaded) {
    base::log(base::LogLevel::info, "attach", concat(spec_.name, " is at work"));
    if (lease_) {
      co_await lease_->hold();
    } else {
      co_await stop_;
    }
  }
  co_await host->stop();
  fence_->close();
  leading_.set(0);
  setHost(nullptr);
  if (lease_) co_await lease_->release();
  if (!loaded) around_.failed(loaded.error());
  MutexLock lock(mutex_);
  co_return loaded && !stopping_;
}

void AttachedPlugin::renewed(int64_t began) {
  const LeaderLeaseOptions& options = lease_->options();
  fence_->open({began + options.renewDeadline.count(), began + options.duration.count()});
}

void AttachedPlugin::setHost(std::shared_ptr<host::PluginHost> host) {
  MutexLock lock(mutex_);
  host_.swap(host);
}

Task<void> AttachedPlugin::end() {
  bool first;
  {
    MutexLock lock(mutex_);
    first = !std::exchange(stopping_, true);
    if (!begun_) co_return;
  }
  if (first) {
    if (lease_) {
      lease_->stop();
    } else {
      stop_.complete(true);
    }
  }
  co_await ended_;
}

api::HealthCheck AttachedPlugin::health() const {
  api::HealthCheck check;
  check.name = "plugin-" + spec_.name;
  check.readyOnly = true;
  std::shared_ptr<host::PluginHost> host;
  {
    MutexLock lock(mutex_);
    host = host_;
  }
  if (!host) {
    const std::string holder = lease_ ? lease_->holder() : std::string();
    check.note = holder.empty() ? "standing by" : concat("standing by: ", holder, " leads");
    return check;
  }
  const std::vector<host::PluginHealth> plugins = host->health();
  check.healthy = !plugins.empty() && plugins.front().healthy();
  if (check.healthy) {
    check.note = plugins.front().message;
  } else {
    check.message = plugins.empty() ? "not loaded" : concat(plugins.front().state, ": ", plugins.front().message);
  }
  return check;
}

}  // namespace cleat::app
